// Private to the room: values that one step's answer gives to another step's body.
#pragma once

#include "engine/engine.hpp"

namespace holdfast::engine {

/// What finished steps left for others, by address and path. Never a secret: only what a plan's `pending` asks for.
class Outputs {
public:
    explicit Outputs(plan::Plan const&);
    /// Takes from an answer what other steps need. What is missing in it comes back.
    std::vector<json::Path> take(resource::Address const&, json::Value const& body);
    bool wanted(resource::Address const&) const;
    json::Value const* find(resource::Output const&) const;
    json::Value to_json(resource::Address const&) const;  ///< {"address": {"path": value}}, for the journal
    void restore(json::Value const&);                     ///< what to_json gave

private:
    std::map<resource::Address, std::set<json::Path>> wanted_;
    std::map<resource::Address, std::map<json::Path, json::Value>> known_;
};

/// A step ready to be sent: late values filled in, the name computed, secrets fetched.
struct Ready {
    azure::Client::Write write;
    json::Value overlay;  ///< of an update
};
Result<Ready> ready(plan::Step const&, Outputs const&, Secrets const&);

}  // namespace holdfast::engine
