/// The network drawn: what lies in the virtual network, what lies inside the cluster only, the way out, the way in.
#include <algorithm>

#include "report/page/markup.hpp"

namespace holdfast::report::page {
namespace {

constexpr int canvas = 960, left = 1, net_width = 570, gap = 12, pad = 18;
constexpr int hop_x = 694, hop_width = 264;

int subnet_height(network::Range const& range) {
    int height = 44;
    if (!range.note.empty())
        height +=
            4 + 16 * static_cast<int>(std::min<std::size_t>(2, lines_of(range.note, net_width - 4 * pad, 12).size()));
    height += 18 * static_cast<int>(range.uses.size());
    return height + 8;
}

}  // namespace

std::string network_drawn(Page const& page) {
    auto const& map = page.network;
    if (map.network.empty() && map.subnets.empty()) return {};
    Drawing drawing(canvas);
    int y = 2;

    // The virtual network.
    int height = 58;
    for (auto const& subnet : map.subnets) height += subnet_height(subnet) + gap;
    bool const api_inside = std::ranges::any_of(map.subnets, &network::Range::holds_api_server);
    drawing.box(left, y, net_width, height, "net", 12);
    drawing.text(left + pad, y + 26,
                 map.network == "made by Azure" ? "Network made by Azure" : "Virtual network " + map.network, "h");
    std::vector<std::string> const& space = map.space;
    drawing.text(left + pad, y + 44, space.empty() ? "range chosen by Azure" : base::join(space, ", "), "m");
    int at = y + 58, nodes_y = 0, api_y = 0;
    for (auto const& subnet : map.subnets) {
        int const tall = subnet_height(subnet);
        drawing.box(left + pad, at, net_width - 2 * pad, tall,
                    subnet.holds_api_server ? "sub api"
                    : subnet.holds_nodes    ? "sub nodes"
                                            : "sub");
        drawing.text(left + 2 * pad, at + 24, subnet.label, "b");
        if (!subnet.cidr.empty()) drawing.text(left + net_width - 2 * pad, at + 24, subnet.cidr, "m end");
        int line = at + 44;
        if (!subnet.note.empty())
            line = drawing.paragraph(left + 2 * pad, line, net_width - 4 * pad, subnet.note, "s", 16, 2) + 4;
        for (auto const& use : subnet.uses) {
            drawing.raw(
                fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"3.5\" class=\"dot\"/>", left + 2 * pad + 4, line - 3));
            drawing.text(left + 2 * pad + 16, line + 1, use, "t");
            line += 18;
        }
        if (subnet.holds_api_server) api_y = at + std::min(tall / 2, 40);
        if (subnet.holds_nodes && nodes_y == 0) nodes_y = at + std::min(tall / 2, 40);
        at += tall + gap;
    }
    int const net_bottom = y + height;
    if (nodes_y == 0) nodes_y = y + height / 2;

    // Who calls the API server.
    int right = 2;
    drawing.box(hop_x, right, hop_width, 78, map.api_server_public ? "hop open" : "hop shut");
    drawing.text(hop_x + 14, right + 24, "API server", "b");
    drawing.paragraph(hop_x + 14, right + 44, hop_width - 28, map.api_server.empty() ? "not known" : map.api_server,
                      "s", 16, 2);
    if (api_inside) {
        // From its box to the subnet it lives in, turning halfway where they are not level.
        int const turn = left + net_width + 36, from = right + 40;
        if (api_y != from) {
            drawing.line(hop_x, from, turn, from, "ax");
            drawing.line(turn, from, turn, api_y, "ax");
            drawing.arrow(turn, api_y, left + net_width - pad, api_y, "ax");
        } else {
            drawing.arrow(hop_x, from, left + net_width - pad, from, "ax");
        }
        drawing.text(turn + 10, from - 8, "lives in", "s");
    } else {
        drawing.arrow(left + net_width, right + 40, hop_x, right + 40, "a");
        drawing.text(left + net_width + 14, right + 32, "nodes call", "s");
    }
    right += 78 + 26;

    // The way out, hop by hop.
    if (map.way_out.empty()) {
        drawing.box(hop_x, right, hop_width, 54, "hop");
        drawing.text(hop_x + 14, right + 23, "Way out", "b");
        drawing.text(hop_x + 14, right + 41, map.egress.empty() ? "not known" : map.egress, "s");
        right += 54;
    }
    bool first = true;
    for (auto const& hop : map.way_out) {
        auto const lines = lines_of(hop, hop_width - 28, 13);
        int const tall = 20 + 18 * static_cast<int>(lines.size());
        bool const internet = hop == "internet";
        if (first) {
            int const turn = left + net_width + 84;
            drawing.line(left + net_width - pad, nodes_y, turn, nodes_y, "e");
            drawing.line(turn, nodes_y, turn, right + tall / 2, "e");
            drawing.arrow(turn, right + tall / 2, hop_x, right + tall / 2, "e");
            drawing.text(left + net_width + 12, nodes_y + 16, "egress", "s");
        }
        drawing.box(hop_x, right, hop_width, tall, internet ? "hop out" : "hop", internet ? tall / 2 : 8);
        int line = right + 24;
        for (auto const& text : lines) {
            drawing.text(hop_x + (internet ? hop_width / 2 : 14), line, text, internet ? "b mid" : "t");
            line += 18;
        }
        right += tall;
        if (&hop != &map.way_out.back()) {
            drawing.arrow(hop_x + hop_width / 2, right, hop_x + hop_width / 2, right + 22, "e");
            right += 22;
        }
        first = false;
    }

    // Ranges that exist inside the cluster only.
    int bottom = std::max(net_bottom, right) + 18;
    if (!map.overlays.empty()) {
        bottom = net_bottom + 18;
        int const tall = 44 + 24 * static_cast<int>(map.overlays.size());
        drawing.box(left, bottom, net_width, tall, "inner", 12);
        drawing.text(left + pad, bottom + 26, "Inside the cluster only", "h");
        int line = bottom + 52;
        for (auto const& range : map.overlays) {
            drawing.text(left + pad, line, range.label, "t");
            drawing.text(left + 150, line, range.cidr, "m");
            drawing.text(left + 290, line, range.note, "s");
            line += 24;
        }
        bottom = std::max(bottom + tall, right) + 16;
    }
    std::string out = "<section id=\"network\"><h2>The network</h2>";
    out += drawing.svg(bottom, fmt::format("Network {}: {} subnets, egress {}, API server {}", map.network,
                                           map.subnets.size(), map.egress, map.api_server));
    return out + "</section>";
}

}  // namespace holdfast::report::page
