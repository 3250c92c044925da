// holdfast/plan 1: a plan as JSON, and back. Readers refuse what they do not understand, naming the place.
#include <fmt/format.h>

#include "plan/plan.hpp"

namespace holdfast::plan {

using base::ErrorCode;
using base::Result;
using json::Array;
using json::Object;
using json::Value;
using resource::Origin;
using resource::Output;
using resource::Pending;
using resource::SecretName;

namespace {

constexpr std::string_view schema = "holdfast/plan";
constexpr int schema_version = 1;

// ---------------------------------------------------------------------------------------------- words

template <typename E, std::size_t N>
struct Words {
    std::array<std::pair<E, std::string_view>, N> rows;
    std::string_view of(E value) const {
        for (auto const& [one, word] : rows)
            if (one == value) return word;
        return "?";
    }
    std::optional<E> from(std::string_view word) const {
        for (auto const& [one, text] : rows)
            if (text == word) return one;
        return std::nullopt;
    }
};
using catalog::Class;
constexpr Words<Class, 7> classes{{{{Class::in_place, "in_place"},
                                    {Class::in_place_reimage, "in_place_reimage"},
                                    {Class::rotate_pool, "rotate_pool"},
                                    {Class::rebuild, "rebuild"},
                                    {Class::one_way, "one_way"},
                                    {Class::refused, "refused"},
                                    {Class::unknown, "unknown"}}}};
constexpr Words<Action, 5> actions{{{{Action::none, "none"},
                                     {Action::create, "create"},
                                     {Action::update, "update"},
                                     {Action::replace, "replace"},
                                     {Action::remove, "delete"}}}};
constexpr Words<Act, 4> acts{
    {{{Act::write, "write"}, {Act::remove, "delete"}, {Act::call, "call"}, {Act::await, "await"}}}};
constexpr Words<Origin::By, 4> deciders{{{{Origin::By::you, "you"},
                                          {Origin::By::profile, "profile"},
                                          {Origin::By::standard, "default"},
                                          {Origin::By::azure, "azure"}}}};
constexpr Words<SecretName::Kind, 3> secret_kinds{{{{SecretName::Kind::environment, "env"},
                                                    {SecretName::Kind::file, "file"},
                                                    {SecretName::Kind::generate, "generate"}}}};

// ---------------------------------------------------------------------------------------------- writing

Value text(std::string_view value) { return Value(std::string(value).c_str()); }

/// Members that say nothing are left out: a reader takes an absent one for empty.
class Writer {
public:
    Writer& put(std::string_view key, Value value) {
        out_[key] = std::move(value);
        return *this;
    }
    Writer& put(std::string_view key, std::string const& value) {
        if (!value.empty()) out_[key] = text(value);
        return *this;
    }
    Writer& put(std::string_view key, bool value) {
        if (value) out_[key] = true;
        return *this;
    }
    Writer& put(std::string_view key, std::vector<std::string> const& values) {
        if (values.empty()) return *this;
        Array list;
        for (auto const& one : values) list.push_back(text(one));
        out_[key] = std::move(list);
        return *this;
    }
    Object take() { return std::move(out_); }

private:
    Object out_;
};

Value written(Origin const& origin) {
    Writer out;
    out.put("by", text(deciders.of(origin.by))).put("because", origin.because).put("file", origin.where.file);
    if (origin.where.line != 0) out.put("line", Value(origin.where.line));
    if (origin.where.column != 0) out.put("column", Value(origin.where.column));
    if (origin.where.length != 1) out.put("length", Value(origin.where.length));
    return out.take();
}

Value written(Pending const& pending) {
    Writer out;
    out.put("at", pending.at.text());
    base::match(
        pending.from, [&out](Output const& from) { out.put("address", from.address).put("path", from.path.text()).put("suffix", from.suffix); },
        [&out](SecretName const& from) { out.put("secret", text(secret_kinds.of(from.kind))).put("name", from.name); });
    return out.take();
}

/// One row a property, or one for the whole resource: what a table of changes shows.
void write_change(Array& rows, Change const& change) {
    auto const common = [&change] {
        Writer row;
        row.put("address", change.address).put("type", change.type).put("resource", change.resource);
        row.put("action", text(actions.of(change.action)));
        return row;
    };
    if (change.properties.empty()) {
        rows.push_back(common().put("because", change.because).take());
        return;
    }
    for (auto const& property : change.properties) {
        auto row = common();
        row.put("property", text(property.at.text())).put("class", text(classes.of(property.cost)));
        if (property.before) row.put("before", *property.before);
        if (property.after) row.put("after", *property.after);
        row.put("pending", property.pending).put("because", property.because).put("changeBecause", change.because);
        row.put("owner", text(property.origin.by == Origin::By::azure ? "azure" : "you"));
        row.put("decidedBy", written(property.origin));
        if (!property.source.empty()) row.put("sources", std::vector{property.source});
        rows.push_back(row.take());
    }
}

Value written(Step const& step) {
    auto const& resource = step.resource;
    Writer target;
    target.put("address", resource.address).put("type", resource.type).put("apiVersion", resource.api_version);
    if (resource.id) target.put("id", resource.id->text());
    if (resource.parent) target.put("parent", text(*resource.parent));
    if (auto const* body = resource.body.if_object(); !body || !body->empty()) target.put("body", resource.body);
    if (!resource.pending.empty()) {
        Array pending;
        for (auto const& one : resource.pending) pending.push_back(written(one));
        target.put("pending", Value(std::move(pending)));
    }
    Writer out;
    out.put("id", step.id).put("act", text(acts.of(step.act))).put("address", step.address);
    out.put("method", step.method).put("action", step.action).put("scope", step.scope).put("inlines", step.inlines);
    out.put("ifMatch", step.if_match)
        .put("createOnly", step.create_only)
        .put("fresh", step.fresh)
        .put("ours", step.ours);
    out.put("after", step.after).put("locks", step.locks).put("until", step.until).put("because", step.because);
    out.put("grantedAt", step.granted_at);
    out.put("grants", step.grants).put("expectedSeconds", Value(step.expected_s));
    if (!step.overlay.is_null()) out.put("overlay", step.overlay);
    if (!step.recovery.is_null()) out.put("recovery", step.recovery);
    if (step.condition) {
        Writer condition;
        condition.put("path", step.condition->path).put("apiVersion", step.condition->api_version);
        condition.put("at", step.condition->at.text()).put("value", step.condition->value);
        out.put("condition", condition.take());
    }
    if (auto target_members = target.take(); !target_members.empty())
        out.put("resource", Value(std::move(target_members)));
    return out.take();
}

// ---------------------------------------------------------------------------------------------- reading

/// Thrown inside this file only: a reader of thirty members says once what a mistake is.
struct Mistake {
    json::Path at;
    std::string what;
};

/// One object being read; remembers where it is, for the mistake.
class Reader {
public:
    Reader(Value const& value, json::Path at) : at_(std::move(at)) {
        object_ = value.if_object();
        if (!object_) throw Mistake{at_, "expected an object"};
    }
    json::Path at(std::string_view key) const { return at_.child(std::string(key)); }
    Value const* find(std::string_view key) const { return object_->if_contains(key); }
    std::string text(std::string_view key) const {
        auto const* value = find(key);
        if (!value) return {};
        if (!value->is_string()) throw Mistake{at(key), "expected text"};
        return std::string(value->as_string());
    }
    std::string needed(std::string_view key) const {
        auto value = text(key);
        if (value.empty()) throw Mistake{at(key), "is missing"};
        return value;
    }
    bool truth(std::string_view key) const {
        auto const* value = find(key);
        if (!value) return false;
        if (!value->is_bool()) throw Mistake{at(key), "expected true or false"};
        return value->as_bool();
    }
    int whole(std::string_view key, int absent = 0) const {
        auto const* value = find(key);
        if (!value) return absent;
        auto const* number = value->if_int64();
        if (!number || *number < -1'000'000'000 || *number > 1'000'000'000)
            throw Mistake{at(key), "expected a whole number"};
        return static_cast<int>(*number);
    }
    template <typename F>
    void each(std::string_view key, F&& read) const {
        auto const* value = find(key);
        if (!value) return;
        auto const* list = value->if_array();
        if (!list) throw Mistake{at(key), "expected a list"};
        for (std::size_t i = 0; i < list->size(); ++i) read((*list)[i], at(key).child(i));
    }
    std::vector<std::string> texts(std::string_view key) const {
        std::vector<std::string> out;
        each(key, [&out](Value const& value, json::Path const& place) {
            if (!value.is_string()) throw Mistake{place, "expected text"};
            out.emplace_back(value.as_string());
        });
        return out;
    }
    json::Path path(std::string_view key) const {
        auto path = json::Path::parse(text(key));
        if (!path) throw Mistake{at(key), path.error().what};
        return *path;
    }
    template <typename E, std::size_t N>
    E word(std::string_view key, Words<E, N> const& words) const {
        auto const value = words.from(needed(key));
        if (!value) throw Mistake{at(key), fmt::format("'{}' is not a known word here", base::printable(text(key)))};
        return *value;
    }
    std::optional<Value> maybe(std::string_view key) const {
        auto const* value = find(key);
        return value ? std::optional(*value) : std::nullopt;
    }

private:
    Object const* object_;
    json::Path at_;
};

Origin read_origin(Value const& value, json::Path const& at) {
    Reader const in(value, at);
    Origin out;
    out.by = in.word("by", deciders);
    out.because = in.text("because");
    out.where = {in.text("file"), in.whole("line"), in.whole("column"), in.whole("length", 1)};
    return out;
}

Pending read_pending(Value const& value, json::Path const& at) {
    Reader const in(value, at);
    if (in.find("secret")) return {in.path("at"), SecretName{in.word("secret", secret_kinds), in.text("name")}};
    return {in.path("at"), Output{in.needed("address"), in.path("path"), in.text("suffix")}};
}

void read_change(std::vector<Change>& changes, Value const& value, json::Path const& at) {
    Reader const in(value, at);
    Change change;
    change.address = in.needed("address");
    change.type = in.text("type");
    change.resource = in.text("resource");
    change.action = in.word("action", actions);
    bool const one_property = in.find("property") != nullptr;
    change.because = in.text(one_property ? "changeBecause" : "because");
    if (changes.empty() || changes.back().address != change.address || !one_property)
        changes.push_back(std::move(change));
    if (!one_property) return;
    PropertyChange property;
    property.at = in.path("property");
    property.before = in.maybe("before");
    property.after = in.maybe("after");
    property.pending = in.truth("pending");
    property.cost = in.word("class", classes);
    property.because = in.text("because");
    auto const sources = in.texts("sources");
    if (!sources.empty()) property.source = sources.front();
    if (auto const* origin = in.find("decidedBy")) property.origin = read_origin(*origin, in.at("decidedBy"));
    changes.back().properties.push_back(std::move(property));
}

Step read_step(Value const& value, json::Path const& at) {
    Reader const in(value, at);
    Step step;
    step.id = in.needed("id");
    step.act = in.word("act", acts);
    step.address = in.text("address");
    step.method = in.needed("method");
    step.action = in.text("action");
    step.scope = in.text("scope");
    step.inlines = in.texts("inlines");
    step.if_match = in.text("ifMatch");
    step.create_only = in.truth("createOnly");
    step.fresh = in.truth("fresh");
    step.ours = in.truth("ours");
    step.after = in.texts("after");
    step.locks = in.texts("locks");
    step.until = in.text("until");
    step.because = in.text("because");
    step.grants = in.truth("grants");
    step.granted_at = in.text("grantedAt");
    step.expected_s = in.whole("expectedSeconds");
    if (auto overlay = in.maybe("overlay")) step.overlay = std::move(*overlay);
    if (auto recovery = in.maybe("recovery")) step.recovery = std::move(*recovery);
    if (auto const* condition = in.find("condition")) {
        Reader const inner(*condition, in.at("condition"));
        step.condition =
            Condition{inner.needed("path"), inner.text("apiVersion"), inner.path("at"), inner.text("value")};
    }
    auto const* target = in.find("resource");
    if (!target) return step;
    Reader const inner(*target, in.at("resource"));
    auto& resource = step.resource;
    resource.address = inner.text("address");
    resource.type = inner.text("type");
    resource.api_version = inner.text("apiVersion");
    if (inner.find("id")) {
        auto id = resource::ResourceId::parse(inner.text("id"));
        if (!id) throw Mistake{inner.at("id"), id.error().what};
        resource.id = std::move(*id);
    }
    if (inner.find("parent")) resource.parent = inner.text("parent");
    if (auto body = inner.maybe("body")) resource.body = std::move(*body);
    inner.each("pending", [&resource](Value const& one, json::Path const& place) {
        resource.pending.push_back(read_pending(one, place));
    });
    return step;
}

/// A plan that was changed by hand can order its steps in a circle or wait for what is not there.
void check_order(Plan const& plan) {
    std::map<std::string, std::size_t> place;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        auto const at = json::Path("steps").child(i);
        if (!place.emplace(plan.steps[i].id, i).second) throw Mistake{at.child("id"), "two steps have this id"};
        for (auto const& before : plan.steps[i].after)
            if (!place.contains(before) || before == plan.steps[i].id)
                throw Mistake{at.child("after"),
                              fmt::format("'{}' is not a step before this one", base::printable(before))};
    }
}

}  // namespace

json::Value to_json(Plan const& plan, base::Date as_of) {
    Object out;
    out["schema"] = schema;
    out["schemaVersion"] = schema_version;
    out["asOf"] = text(base::to_string(as_of));
    out["name"] = text(plan.name);
    Array changes, steps, guards, unknowns, unseen, by_azure, unjudged;
    for (auto const& change : plan.changes) write_change(changes, change);
    for (auto const& step : plan.steps) steps.push_back(written(step));
    for (auto const& guard : plan.guards)
        guards.push_back(Writer()
                             .put("class", text(guard.klass))
                             .put("name", text(guard.name))
                             .put("because", guard.because)
                             .put("address", guard.address)
                             .take());
    for (auto const& unread : plan.unknowns)
        unknowns.push_back(Writer().put("what", text(unread.what)).put("because", text(unread.because)).take());
    for (auto const& one : plan.unseen)
        unseen.push_back(Writer().put("what", text(one.what)).put("because", text(one.because)).take());
    for (auto const& one : plan.by_azure)
        by_azure.push_back(Writer().put("what", text(one.what)).put("because", text(one.because)).take());
    for (auto const& one : plan.unjudged)
        unjudged.push_back(Writer()
                               .put("address", one.address)
                               .put("at", text(one.at.text()))
                               .put("file", one.where.file)
                               .put("line", Value(one.where.line))
                               .put("column", Value(one.where.column))
                               .take());
    out["summary"] = Object{{"create", plan.count(Action::create)},   {"update", plan.count(Action::update)},
                            {"replace", plan.count(Action::replace)}, {"delete", plan.count(Action::remove)},
                            {"none", plan.count(Action::none)},       {"steps", plan.steps.size()},
                            {"guards", plan.guards.size()},           {"unknowns", plan.unknowns.size()}};
    out["changes"] = std::move(changes);
    out["steps"] = std::move(steps);
    out["guards"] = std::move(guards);
    out["unknowns"] = std::move(unknowns);
    out["unseen"] = std::move(unseen);
    out["byAzure"] = std::move(by_azure);
    out["unjudged"] = std::move(unjudged);
    return out;
}

base::Result<Plan> from_json(json::Value const& value) {
    if (json::text_at(value, "schema") != schema)
        return base::fail(ErrorCode::not_recognised, "this is not a plan of ours",
                          "make one with `holdfast plan -o json=FILE`");
    if (auto const version = json::whole_at(value, "schemaVersion"); version != schema_version)
        return base::fail(ErrorCode::unsupported,
                          fmt::format("a plan of version {} is not understood", version.value_or(0)),
                          "make the plan again with this version of Holdfast");
    try {
        Plan plan;
        Reader const in(value, {});
        plan.name = in.text("name");
        in.each("changes", [&plan](Value const& one, json::Path const& at) { read_change(plan.changes, one, at); });
        in.each("steps", [&plan](Value const& one, json::Path const& at) { plan.steps.push_back(read_step(one, at)); });
        in.each("guards", [&plan](Value const& one, json::Path const& at) {
            Reader const guard(one, at);
            plan.guards.push_back(
                {guard.needed("class"), guard.text("name"), guard.text("because"), guard.text("address")});
        });
        in.each("unknowns", [&plan](Value const& one, json::Path const& at) {
            Reader const unread(one, at);
            plan.unknowns.push_back({unread.text("what"), unread.text("because")});
        });
        in.each("unseen", [&plan](Value const& one, json::Path const& at) {
            Reader const unread(one, at);
            plan.unseen.push_back({unread.text("what"), unread.text("because")});
        });
        in.each("byAzure", [&plan](Value const& one, json::Path const& at) {
            Reader const made(one, at);
            plan.by_azure.push_back({made.text("what"), made.text("because")});
        });
        in.each("unjudged", [&plan](Value const& one, json::Path const& at) {
            Reader const laid(one, at);
            plan.unjudged.push_back({laid.text("address"),
                                     json::Path(laid.text("at")),
                                     {laid.text("file"), laid.whole("line"), laid.whole("column")}});
        });
        check_order(plan);
        return plan;
    } catch (Mistake const& mistake) {
        return base::fail(ErrorCode::syntax, fmt::format("{}: {}", mistake.at.text(), mistake.what),
                          "do not edit a plan: make it again");
    }
}

std::vector<std::string> moved_since(Plan const& reviewed, Plan const& now) {
    std::vector<std::string> out;
    auto const by_address = [](Plan const& plan) {
        std::map<Address, Change const*> found;
        for (auto const& change : plan.changes) found.emplace(change.address, &change);
        return found;
    };
    auto const then_changes = by_address(reviewed), now_changes = by_address(now);
    for (auto const& [address, then] : then_changes) {
        auto const it = now_changes.find(address);
        if (it == now_changes.end()) {
            out.push_back(
                fmt::format("{}: the plan says {}, and it is no longer designed", address, name(then->action)));
            continue;
        }
        auto const& today = *it->second;
        if (then->action != today.action) {
            out.push_back(fmt::format("{}: the plan says {}, what stands now needs {}", address, name(then->action),
                                      name(today.action)));
            continue;
        }
        std::map<json::Path, std::optional<Value>> before, before_now;
        for (auto const& property : then->properties) before[property.at] = property.before;
        for (auto const& property : today.properties) before_now[property.at] = property.before;
        for (auto const& [at, value] : before_now)
            if (auto const known = before.find(at); known == before.end() || known->second != value)
                out.push_back(fmt::format("{}: {} has changed since the plan was made", address, at.text()));
        for (auto const& [at, value] : before)
            if (!before_now.contains(at))
                out.push_back(fmt::format("{}: {} is as designed by now", address, at.text()));
    }
    for (auto const& [address, today] : now_changes)
        if (!then_changes.contains(address) && today->action != Action::none)
            out.push_back(fmt::format("{} is new: {}", address, name(today->action)));
    std::map<std::string, Step const*> steps;
    for (auto const& step : now.steps) steps.emplace(step.id, &step);
    for (auto const& step : reviewed.steps) {
        auto const it = steps.find(step.id);
        if (it == steps.end()) continue;
        if (it->second->if_match != step.if_match && out.empty())
            out.push_back(fmt::format("{} was written by somebody since the plan was made", step.address));
    }
    return out;
}

}  // namespace holdfast::plan
