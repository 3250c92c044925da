// What a deployment would change. Azure's own what-if is noisy, for it does not know what its providers fill in; this
// one knows, and tells what would really change: fewer lines than Azure, never more.
#include <algorithm>

#include "simulator/arm/groups.hpp"
#include "simulator/templates/deployments.hpp"

namespace holdfast::simulator::templates {
namespace {

/// Expressions see what stands today; what the template itself would make is not known.
class Today final : public Runtime {
public:
    explicit Today(arm::Work& work) : work_(work) {}
    void speak_of(Template const& opened) { template_ = &opened; }
    Got<json::Value> reference(std::string_view what, bool full) const override {
        auto const* item = template_ ? template_->find(what) : nullptr;
        auto const id = ResourceId::parse(item ? std::string_view(item->id) : what);
        auto const* stored = id ? work_.find(*id) : nullptr;
        if (!stored) return not_yet("'" + std::string(what) + "' does not stand");
        auto shown = work_.shown(*stored);
        if (full) return shown;
        auto const* properties = json::find(shown, "properties");
        return properties ? *properties : json::Value(json::Object{});
    }
    Got<json::Value> list(std::string_view function, std::string_view, std::string_view,
                          json::Value const&) const override {
        return not_yet(std::string(function) + "() is known when it is deployed");
    }

private:
    arm::Work& work_;
    Template const* template_ = nullptr;
};

json::Object difference(std::string path, std::string_view kind, json::Value before, json::Value after,
                        json::Value children = nullptr) {
    return {{"path", std::move(path)},
            {"propertyChangeType", kind},
            {"before", std::move(before)},
            {"after", std::move(after)},
            {"children", std::move(children)}};
}

bool equal(json::Value const& a, json::Value const& b) {
    if (a.is_string() && b.is_string())
        return base::same_text(std::string_view(a.get_string()), std::string_view(b.get_string()));
    return json::write(a) == json::write(b);
}

json::Value const* named(json::Array const& list, json::Value const& like) {
    auto const name = json::text_at(like, "name");
    for (auto const& item : list) {
        if (name && json::text_at(item, "name") == name) return &item;
    }
    return nullptr;
}

json::Array compare(json::Value const& before, json::Value const& after, json::Value const* asked_before);

json::Array compare_lists(json::Array const& before, json::Array const& after) {
    json::Array found;
    for (std::size_t i = 0; i < after.size(); ++i) {
        auto const* old = named(before, after[i]);
        if (!old && !after[i].is_object() && i < before.size()) old = &before[i];
        if (!old && after[i].is_object() && !json::text_at(after[i], "name") && i < before.size()) old = &before[i];
        auto const at = std::to_string(i);
        if (!old) {
            found.push_back(difference(at, "Create", nullptr, after[i]));
        } else if (after[i].is_object()) {
            auto inner = compare(*old, after[i], nullptr);
            if (!inner.empty()) found.push_back(difference(at, "Modify", nullptr, nullptr, std::move(inner)));
        } else if (!equal(*old, after[i])) {
            found.push_back(difference(at, "Modify", *old, after[i]));
        }
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
        bool const stays = json::text_at(before[i], "name") ? named(after, before[i]) != nullptr : i < after.size();
        if (!stays) found.push_back(difference(std::to_string(i), "Delete", before[i], nullptr));
    }
    return found;
}

/// Everything `after` says and `before` shows otherwise; and what was asked for before and is no longer.
json::Array compare(json::Value const& before, json::Value const& after, json::Value const* asked_before) {
    json::Array found;
    auto const* wanted = after.if_object();
    if (!wanted) return found;
    for (auto const& member : *wanted) {
        auto const path = json::Path{}.child(std::string(member.key()));
        auto const key = std::string(member.key());
        auto const* old = json::find(before, path);
        auto const& value = member.value();
        if (value.is_null()) continue;
        if (!old) {
            bool const nothing =
                (value.is_object() && value.get_object().empty()) || (value.is_array() && value.get_array().empty());
            if (!nothing) found.push_back(difference(key, "Create", nullptr, value));
        } else if (value.is_object() && old->is_object()) {
            for (auto& inner : compare(*old, value, asked_before ? json::find(*asked_before, path) : nullptr)) {
                auto& change = inner.as_object();
                change["path"] = key + "." + std::string(change["path"].get_string());
                found.push_back(std::move(inner));
            }
        } else if (value.is_array() && old->is_array()) {
            auto inner = compare_lists(old->get_array(), value.get_array());
            if (!inner.empty()) found.push_back(difference(key, "Array", nullptr, nullptr, std::move(inner)));
        } else if (!equal(*old, value)) {
            found.push_back(difference(key, "Modify", *old, value));
        }
    }
    if (auto const* earlier = asked_before ? asked_before->if_object() : nullptr) {
        for (auto const& member : *earlier) {
            auto const path = json::Path{}.child(std::string(member.key()));
            auto const* old = json::find(before, path);
            if (!json::find(after, path) && old)
                found.push_back(difference(std::string(member.key()), "Delete", *old, nullptr));
        }
    }
    return found;
}

class Prediction {
public:
    Prediction(arm::Work& work, bool ids_only) : work_(work), ids_only_(ids_only) {}

    /// Nothing: all went well.
    std::optional<std::string> add(ResourceId const& deployment, json::Value const& body) {
        if (++depth_ > 8) return "deployments are nested too deep";
        Today today(work_);
        auto around = surroundings_of(work_, deployment, body, deployment.key());
        around.runtime = &today;
        auto const* properties = json::find(body, "properties");
        auto opened = Template::open(properties ? *properties : json::Value(json::Object{}), std::move(around));
        if (!opened) return opened.error().message;
        today.speak_of(*opened);
        for (auto const& item : opened->items()) {
            auto const id = ResourceId::parse(item.id);
            if (!id || !item.wanted || item.existing) continue;
            auto sent = opened->body(item);
            if (!sent && !sent.error().later) return sent.error().message;
            if (item.is_deployment()) {
                if (!sent) continue;
                if (auto wrong = add(*id, *sent)) return wrong;
                continue;
            }
            named_.insert(id->key());
            change(item, *id, sent ? std::optional<json::Value>(std::move(*sent)) : std::nullopt);
        }
        --depth_;
        return std::nullopt;
    }

    json::Array changes(ResourceId const& deployment, bool complete) {
        if (deployment.group().empty()) return std::move(changes_);
        auto const group = ResourceId::subscription_of(deployment.subscription()).group(deployment.group());
        for (auto const* member : work_.children(group, {})) {
            auto const name_space = arm::namespace_of(member->type);
            if (named_.contains(member->id.key()) || !arm::behaviour(member->type).tracked ||
                base::same_text(name_space, "Microsoft.Authorization") ||
                base::same_text(name_space, "Microsoft.Resources"))
                continue;
            json::Object one{{"resourceId", member->id.text()}, {"changeType", complete ? "Delete" : "Ignore"}};
            if (!ids_only_) one["before"] = work_.shown(*member);
            changes_.push_back(std::move(one));
        }
        return std::move(changes_);
    }

private:
    void change(Item const& item, ResourceId const& id, std::optional<json::Value> sent) {
        json::Object one{{"resourceId", id.text()}};
        auto const* stands = work_.find(id);
        auto const type = id.type();
        auto const* shape = shapes::find(type);
        json::Value after;
        if (sent) {
            after = arm::tidied(shape, std::move(*sent));
            if (shape) arm::fill_defaults(*shape, after);  // as the write itself would
            json::Value aside(json::Object{});             // what no answer shows stands in no prediction either
            arm::hide_secrets(arm::behaviour(type).secrets, after, aside);
            if (auto const location = json::text_at(after, "location"))
                json::put(after, "location", json::Value(resource::normal_location(*location)));
        }
        auto const whole = [&] {
            json::Object shown{
                {"id", id.text()}, {"name", id.name()}, {"type", type}, {"apiVersion", item.api_version}};
            if (auto const* members = after.if_object()) {
                for (auto const& member : *members) shown.insert_or_assign(member.key(), member.value());
            }
            return shown;
        };
        if (!stands) {
            one["changeType"] = "Create";
            if (!ids_only_) one["after"] = whole();
        } else if (!sent || ids_only_) {
            one["changeType"] = "Deploy";
            if (!ids_only_) one["before"] = work_.shown(*stands);
        } else {
            auto const before = work_.shown(*stands);
            auto delta = compare(before, after, json::find(stands->hidden, "asked"));
            one["changeType"] = delta.empty() ? "NoChange" : "Modify";
            one["before"] = before;
            one["after"] = whole();
            one["delta"] = std::move(delta);
        }
        changes_.push_back(std::move(one));
    }

    arm::Work& work_;
    bool ids_only_;
    int depth_ = 0;
    std::set<std::string> named_;
    json::Array changes_;
};

}  // namespace

json::Value what_if(arm::Work& work, ResourceId const& deployment, json::Value const& body) {
    bool const ids_only =
        base::same_text(json::text_at(body, "properties.whatIfSettings.resultFormat").value_or(""), "ResourceIdOnly");
    bool const complete = base::same_text(json::text_at(body, "properties.mode").value_or(""), "Complete");
    Prediction prediction(work, ids_only);
    if (auto wrong = prediction.add(deployment, body)) {
        return json::Object{
            {"status", "Failed"},
            {"error", json::Object{{"code", "InvalidTemplate"},
                                   {"message", "Deployment template validation failed: '" + *wrong + "'."}}}};
    }
    return json::Object{{"status", "Succeeded"},
                        {"properties", json::Object{{"correlationId", work.guid("what-if " + deployment.key())},
                                                    {"changes", prediction.changes(deployment, complete)},
                                                    {"potentialChanges", json::Array{}},
                                                    {"diagnostics", json::Array{}}}}};
}

}  // namespace holdfast::simulator::templates
