#include "saved_plan.hpp"

namespace holdfast::cli {

namespace {

constexpr char const* make_it_anew = "make one with: holdfast plan SPEC -o json=plan.json";

tl::unexpected<base::Error> refused(std::string what) { return base::fail(base::ErrorCode::not_recognised, std::move(what), make_it_anew); }

/// nullopt where something else than texts is in the list.
std::optional<std::vector<std::string>> texts(json::Value const& document, char const* at) {
    std::vector<std::string> out;
    for (auto const& one : json::list_at(document, at)) {
        if (!one.is_string()) return std::nullopt;
        out.emplace_back(one.get_string());
    }
    return out;
}

}  // namespace

json::Value to_json(SavedPlan const& saved, base::Date day) {
    auto document = plan::to_json(saved.plan, day);
    json::Object made;
    made["spec"] = saved.spec;
    json::Object hashes;
    for (auto const& [file, hash] : saved.sha256) hashes[file] = hash;
    made["sha256"] = std::move(hashes);
    made["set"] = json::Array(saved.set.begin(), saved.set.end());
    made["overlays"] = json::Array(saved.overlays.begin(), saved.overlays.end());
    document.as_object()["made"] = std::move(made);
    return document;
}

base::Result<SavedPlan> read_saved_plan(std::string_view text) {
    auto const document = json::parse(text);
    if (!document || json::text_at(*document, "schema") != "holdfast/plan") return refused("this is not a saved plan");
    auto plan = plan::from_json(*document);
    if (!plan) return base::fail(std::move(plan.error()));
    SavedPlan saved{.plan = std::move(*plan), .spec = std::string(json::text_at(*document, "made.spec").value_or(""))};
    auto set = texts(*document, "made.set"), overlays = texts(*document, "made.overlays");
    bool whole = !saved.spec.empty() && set && overlays;
    for (auto const& [file, hash] : json::object_at(*document, "made.sha256")) {
        whole = whole && hash.is_string();
        if (whole) saved.sha256[std::string(file)] = std::string(hash.get_string());
    }
    if (!whole) return refused("this saved plan does not say what it was made from");
    saved.set = std::move(*set);
    saved.overlays = std::move(*overlays);
    return saved;
}

}  // namespace holdfast::cli
