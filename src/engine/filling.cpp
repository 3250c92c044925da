#include "engine/filling.hpp"

#include <fmt/format.h>

namespace holdfast::engine {

using base::ErrorCode;
using resource::Address;
using resource::Output;
using resource::ResourceId;
using resource::SecretName;

namespace {
// What the name of a role assignment is made of.
json::Path const principal_at = "properties.principalId";
json::Path const role_at = "properties.roleDefinitionId";

Result<ResourceId> id_of(plan::Step const& step, json::Value const& body) {
    if (step.resource.id) return *step.resource.id;
    auto const scope = ResourceId::parse(step.scope);
    auto const principal = json::text_at(body, principal_at);
    auto const role = json::text_at(body, role_at);
    auto const role_id = role ? ResourceId::parse(*role) : ResourceId::parse("");
    if (!scope || !principal || !role_id)
        return base::fail(ErrorCode::moved,
                          fmt::format("{} has no name yet: its scope, principal or role is not known", step.address),
                          "make the plan again");
    return scope->with(step.resource.type, resource::assignment_name(*scope, *principal, role_id->name()));
}
}  // namespace

Outputs::Outputs(plan::Plan const& plan) {
    for (auto const& step : plan.steps)
        for (auto const& pending : step.resource.pending)
            if (auto const* output = std::get_if<Output>(&pending.from)) wanted_[output->address].insert(output->path);
}

std::vector<json::Path> Outputs::take(Address const& address, json::Value const& body) {
    std::vector<json::Path> missing;
    auto const it = wanted_.find(address);
    if (it == wanted_.end()) return missing;
    for (auto const& path : it->second) {
        auto const* value = json::find(body, path);
        if (value && !value->is_null()) known_[address][path] = *value;
        else if (!known_[address].contains(path)) missing.push_back(path);
    }
    return missing;
}
bool Outputs::wanted(Address const& address) const { return wanted_.contains(address); }

json::Value const* Outputs::find(Output const& output) const {
    auto const it = known_.find(output.address);
    if (it == known_.end()) return nullptr;
    auto const value = it->second.find(output.path);
    return value == it->second.end() ? nullptr : &value->second;
}
json::Value Outputs::to_json(Address const& address) const {
    json::Object out;
    auto const it = known_.find(address);
    if (it == known_.end()) return out;
    json::Object values;
    for (auto const& [path, value] : it->second) values[path.text()] = value;
    if (!values.empty()) out[address] = std::move(values);
    return out;
}
void Outputs::restore(json::Value const& value) {
    auto const* object = value.if_object();
    if (!object) return;
    for (auto const& one : *object)
        if (auto const* values = one.value().if_object())
            for (auto const& item : *values)
                if (auto const path = json::Path::parse(std::string_view(item.key())))
                    known_[Address(one.key())][*path] = item.value();
}

Result<Ready> ready(plan::Step const& step, Outputs const& outputs, Secrets const& secrets) {
    auto body = step.resource.body;
    auto overlay = step.overlay;
    std::vector<std::pair<json::Path, base::Secret>> fetched;
    for (auto const& pending : step.resource.pending) {
        if (auto const* name = std::get_if<SecretName>(&pending.from)) {
            if (!secrets)
                return base::fail(ErrorCode::sign_in, fmt::format("nobody here knows the secret {}", name->name));
            auto secret = secrets(*name);
            if (!secret) return base::fail(secret.error());
            fetched.emplace_back(pending.at, std::move(*secret));
            continue;
        }
        auto const& output = std::get<Output>(pending.from);
        auto const* value = outputs.find(output);
        if (!value)
            return base::fail(ErrorCode::moved,
                              fmt::format("{} needs {} of {}, which no step of the plan gives", step.address,
                                          output.path.text(), output.address),
                              "make the plan again");
        auto const wanted = resource::as_wanted(output, *value);
        json::put(body, pending.at, wanted);
        if (!overlay.is_null()) json::put(overlay, pending.at, wanted);
    }
    auto const id = id_of(step, body);
    if (!id) return base::fail(id.error());
    azure::Client::Write write{.method = step.method, .id = *id};
    write.action = step.action;
    write.api_version = step.resource.api_version;
    write.address = step.address.empty() ? step.id : step.address;
    if (step.act == plan::Act::write) write.body = std::move(body);
    write.secrets = std::move(fetched);
    write.if_match = step.if_match;
    if (step.create_only) write.if_none_match = "*";
    write.expected = Duration{step.expected_s * 1000};
    return Ready{std::move(write), std::move(overlay)};
}

}  // namespace holdfast::engine
