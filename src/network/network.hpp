/// network: addresses and routes. A thin first version: the ranges a cluster uses and the way out, as a value to draw.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::network {

/// One box of the drawing.
struct Range {
    std::string label;  ///< "nodes", "services"
    std::string cidr;
    std::string note;               ///< "NAT gateway", "network policy cilium", "delegated to the API server"
    std::vector<std::string> uses;  ///< what lives there: pools, firewall
    bool holds_api_server = false;  ///< the API server's own subnet
    bool holds_nodes = false;
};
struct Map {
    std::string network;  ///< name, or "made by Azure"
    std::vector<std::string> space;
    std::vector<Range> subnets;
    std::vector<Range> overlays;  ///< pod, service and DNS ranges: not in the network
    std::string egress;           ///< "NAT gateway 'x' through public IP 'y'"
    std::vector<std::string>
        way_out;             ///< the same hop by hop, nodes first: "NAT gateway 'x'", "public IP 'y'", "internet"
    std::string api_server;  ///< "private, in subnet apiserver", "public from 203.0.113.0/24"
    bool api_server_public = false;  ///< an address in the internet answers
    std::vector<std::string> unknowns;
};
Map map(resource::Graph const&);

/// What is wrong with the ranges: overlaps, reserved ranges, subnets too small for the pools that use them. The
/// formulas are Azure's published ones where it publishes them, and the worst case derived from its allocation facts
/// elsewhere.
struct Trouble {
    resource::Address address;
    json::Path at;
    std::string what, fix;
    bool unknown = false;  ///< could not be judged
    std::string rule;      ///< "cidr-001": named by the rows of data/rules.yaml
};
std::vector<Trouble> troubles(resource::Graph const&);
/// Every rule id that `troubles` can report.
std::span<std::string_view const> trouble_rules();

}  // namespace holdfast::network
