#include "simulator/templates/template.hpp"

#include <algorithm>

namespace holdfast::simulator::templates {
namespace {

constexpr std::size_t most_items = 800;  // Azure's limits, "Template limits", learn.microsoft.com, 2026-11-24
constexpr std::size_t most_parameters = 256;
constexpr std::string_view deployment_type = "Microsoft.Resources/deployments";
constexpr std::string_view group_type = "Microsoft.Resources/resourceGroups";

/// Members of a resource that are the template's business and not the provider's.
constexpr std::string_view not_sent[] = {"type",      "apiVersion", "name",     "dependsOn",     "condition",
                                         "copy",      "scope",      "comments", "resourceGroup", "subscriptionId",
                                         "resources", "existing",   "import",   "metadata",      "asserts"};

json::Value const* member(json::Value const& object, std::string_view name) {
    return json::find(object, json::Path{}.child(std::string(name)));
}
std::string said_text(json::Value const& object, std::string_view name) {
    auto const* found = member(object, name);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

bool own_scope(json::Value const& said) {
    return base::same_text(json::text_at(said, "properties.expressionEvaluationOptions.scope").value_or("outer"),
                           "inner");
}

/// Texts that an expression gave stay texts when they are read once more.
void escape(json::Value& value) {
    if (auto* text = value.if_string()) {
        if (text->starts_with("[") && text->ends_with("]")) text->insert(0, "[");
    } else if (auto* array = value.if_array()) {
        for (auto& item : *array) escape(item);
    } else if (auto* object = value.if_object()) {
        for (auto& entry : *object) escape(entry.value());
    }
}

}  // namespace

bool Item::is_deployment() const { return base::same_text(type, deployment_type); }

bool is_secure(std::string_view type) { return base::starts_with_text(type, "secure"); }

bool fits_type(std::string_view type, json::Value const& value) {
    auto const kind = base::lower(type);
    if (kind == "string" || kind == "securestring") return value.is_string();
    if (kind == "int") return value.is_int64() || value.is_uint64();
    if (kind == "bool") return value.is_bool();
    if (kind == "object" || kind == "secureobject") return value.is_object();
    if (kind == "array") return value.is_array();
    return false;
}

// ------------------------------------------------------------------------------------------------ opening

Got<Template> Template::open(json::Value properties, Surroundings surroundings) {
    auto const* said = member(properties, "template");
    if (!said) {
        if (member(properties, "templateLink"))
            return fault("the simulated Azure fetches nothing: write the template into the request instead of a link");
        return fault("the deployment has no template");
    }
    if (!said->is_object()) return fault("the template is no JSON object");
    Template opened;
    opened.template_ = std::make_unique<json::Value>(*said);
    opened.evaluator_ = std::make_unique<Evaluator>(std::move(surroundings), *opened.template_);
    auto const* given = member(properties, "parameters");
    if (auto taken = opened.take_parameters(given ? *given : json::Value(json::Object{})); !taken)
        return tl::unexpected(std::move(taken.error()));
    if (auto taken = opened.take_resources(); !taken) return tl::unexpected(std::move(taken.error()));
    if (auto connected = opened.connect(); !connected) return tl::unexpected(std::move(connected.error()));
    return opened;
}

Got<bool> Template::take_parameters(json::Value const& given) {
    auto const* declared = member(*template_, "parameters");
    auto const none = json::Object{};
    auto const& declarations = declared && declared->is_object() ? declared->get_object() : none;
    if (declarations.size() > most_parameters) return fault("the template has more than 256 parameters");
    if (auto const* object = given.if_object()) {
        for (auto const& entry : *object) {
            if (!member(declarations.empty() ? json::Value(none) : *declared, entry.key()))
                return fault("the template parameters '" + base::printable(entry.key()) +
                             "' in the parameters file are not valid; they are not present in the original template");
        }
    } else {
        return fault("the parameters are no JSON object");
    }
    for (auto const& entry : declarations) {
        auto const name = std::string(entry.key());
        auto const& declaration = entry.value();
        auto const type = said_text(declaration, "type");
        auto const* gift = member(given, name);
        auto const* value = gift && gift->is_object() ? member(*gift, "value") : nullptr;
        if (gift && gift->is_object() && member(*gift, "reference"))
            return fault("the parameter '" + name +
                         "' refers to a secret of a vault; the simulated Azure has keys only");
        json::Value settled;
        if (value) {
            settled = *value;
        } else if (auto const* otherwise = member(declaration, "defaultValue")) {
            evaluator_->defaults(true);
            auto got = evaluator_->value(*otherwise);
            evaluator_->defaults(false);
            if (!got) return tl::unexpected(std::move(got.error()));
            settled = std::move(*got);
        } else if (json::truth_at(declaration, "nullable").value_or(false)) {
            evaluator_->parameters()[name] = nullptr;
            continue;
        } else {
            return fault("the value for the template parameter '" + name + "' is not provided");
        }
        bool const defined = member(declaration, "$ref") != nullptr;  // a type of the template's own
        if (!defined && !(settled.is_null() && json::truth_at(declaration, "nullable").value_or(false)) &&
            !fits_type(type, settled)) {
            return fault("the provided value for the template parameter '" + name + "' is not of its type '" +
                         base::printable(type) + "'");
        }
        auto const& allowed = json::list_at(declaration, "allowedValues");
        if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), settled) == allowed.end())
            return fault("the value of the template parameter '" + name + "' is not one of the allowed ones");
        auto const size = settled.is_string()  ? std::optional<std::int64_t>(settled.get_string().size())
                          : settled.is_array() ? std::optional<std::int64_t>(settled.get_array().size())
                                               : std::nullopt;
        auto const number = settled.is_int64() ? std::optional<std::int64_t>(settled.get_int64()) : std::nullopt;
        struct Bound {
            char const* name;
            std::optional<std::int64_t> measured;
            bool least;
        };
        for (auto const& bound : {Bound{"minLength", size, true}, Bound{"maxLength", size, false},
                                  Bound{"minValue", number, true}, Bound{"maxValue", number, false}}) {
            auto const limit = json::whole_at(declaration, bound.name);
            if (limit && bound.measured && (bound.least ? *bound.measured < *limit : *bound.measured > *limit))
                return fault("the value of the template parameter '" + name + "' breaks its " + bound.name);
        }
        evaluator_->parameters()[name] = std::move(settled);
    }
    return true;
}

Got<bool> Template::take_resources() {
    auto const* all = member(*template_, "resources");
    if (!all) return fault("the template has no resources member");
    if (auto const* list = all->if_array()) {
        for (auto const& said : *list) {
            if (auto taken = take_one(said, {}, {}, {}); !taken) return taken;
        }
        return true;
    }
    if (auto const* object = all->if_object()) {
        for (auto const& entry : *object) {
            if (auto taken = take_one(entry.value(), std::string(entry.key()), {}, {}); !taken) return taken;
        }
        return true;
    }
    return fault("the template's resources are neither a list nor an object");
}

Got<bool> Template::take_one(json::Value const& said, std::string symbol, std::string parent_type,
                             std::string parent_name) {
    if (!said.is_object()) return fault("a resource of the template is no JSON object");
    auto const* copy = member(said, "copy");
    std::int64_t times = 1, batch = 0;
    std::string loop;
    if (copy && copy->is_object()) {
        loop = said_text(*copy, "name");
        auto const* count = member(*copy, "count");
        auto const got = count ? evaluator_->value(*count) : Got<json::Value>(fault("a copy needs a count"));
        if (!got) return tl::unexpected(got.error());
        if (loop.empty() || !got->is_int64() || got->get_int64() < 0 || got->get_int64() > std::int64_t(most_items))
            return fault("a copy needs a name and a count from 0 to 800");
        times = got->get_int64();
        if (base::same_text(said_text(*copy, "mode"), "serial")) batch = json::whole_at(*copy, "batchSize").value_or(1);
    }
    auto const first = items_.size();
    for (std::int64_t i = 0; i < times; ++i) {
        Loops const around = loop.empty() ? Loops{} : Loops{{loop, i}};
        auto item = item_of(said, around, parent_type, parent_name);
        if (!item) return tl::unexpected(std::move(item.error()));
        item->symbol = symbol;
        item->copy = loop;
        if (batch > 0 && i >= batch) {
            auto const begin = first + std::size_t((i / batch - 1) * batch);
            for (std::int64_t k = 0; k < batch; ++k) item->after.push_back(begin + std::size_t(k));
        }
        if (!loop.empty()) loops_[base::lower(loop)].push_back(items_.size());
        if (!symbol.empty()) loops_[base::lower(symbol)].push_back(items_.size());
        if (items_.size() >= most_items) return fault("the template has more than 800 resources");
        auto const type = item->type, name = item->name;
        items_.push_back(std::move(*item));
        for (auto const& child : json::list_at(said, "resources")) {
            if (!loop.empty())
                return fault("children inside of a copy cannot be deployed: give them a copy of their own");
            if (auto taken = take_one(child, {}, type, name); !taken) return taken;
        }
    }
    return true;
}

Got<Item> Template::item_of(json::Value const& said, Loops const& loops, std::string const& parent_type,
                            std::string const& parent_name) {
    Item item;
    struct Part {
        char const* name;
        std::string* into;
    };
    for (auto const& [name, into] :
         {Part{"type", &item.type}, Part{"name", &item.name}, Part{"apiVersion", &item.api_version}}) {
        auto const* found = member(said, name);
        if (!found) return fault(std::string("a resource of the template has no ") + name);
        auto got = evaluator_->text(*found, loops);
        if (!got) return tl::unexpected(std::move(got.error()));
        *into = std::move(*got);
    }
    if (!parent_type.empty()) {
        item.type = parent_type + "/" + item.type;
        item.name = parent_name + "/" + item.name;
    }
    item.said = said;
    item.loops = loops;
    item.existing = json::truth_at(said, "existing").value_or(false);
    if (auto const* condition = member(said, "condition")) {
        auto wanted = evaluator_->truth(*condition, loops);
        if (!wanted) return tl::unexpected(std::move(wanted.error()));
        item.wanted = *wanted;
    }
    auto id = id_of(said, item, loops);
    if (!id) return tl::unexpected(std::move(id.error()));
    item.id = std::move(*id);
    return item;
}

Got<std::string> Template::id_of(json::Value const& said, Item const& item, Loops const& loops) {
    auto const& around = evaluator_->surroundings();
    auto subscription = around.subscription;
    auto group = std::string(json::text_at(around.group, "name").value_or(""));
    for (auto const& [name, into] : {std::pair("subscriptionId", &subscription), std::pair("resourceGroup", &group)}) {
        auto const* found = member(said, name);
        if (!found || found->is_null()) continue;
        auto got = evaluator_->text(*found, loops);
        if (!got) return got;
        *into = std::move(*got);
    }
    std::string base = "/subscriptions/" + subscription;
    if (base::same_text(item.type, group_type)) return base + "/resourceGroups/" + item.name;
    if (!group.empty()) base += "/resourceGroups/" + group;
    if (auto const* found = member(said, "scope"); found && !found->is_null()) {
        auto scope = evaluator_->text(*found, loops);
        if (!scope) return scope;
        if (scope->starts_with('/')) {
            base = *scope == "/" ? "" : *scope;
        } else {  // "Microsoft.KeyVault/vaults/kv": a resource of this group
            base += "/providers/" + *scope;
        }
    }
    auto const types = base::split(item.type, '/'), names = base::split(item.name, '/');
    // "…/subnets/providers/roleAssignments" with "vnet/subnet/Microsoft.Authorization/guid" is the older way of writing
    // extensions.
    if (types.size() < 2 || types.size() - 1 != names.size()) {
        return fault("the template resource '" + base::printable(item.name) + "' of type '" +
                     base::printable(item.type) +
                     "' has incorrect segment lengths: a name has as many segments as its type, less one");
    }
    base += "/providers/" + types[0];
    for (std::size_t i = 1; i < types.size(); ++i) base += "/" + types[i] + "/" + names[i - 1];
    return base;
}

Got<bool> Template::connect() {
    for (std::size_t i = 0; i < items_.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            if (items_[i].wanted && items_[k].wanted && base::same_text(items_[i].id, items_[k].id))
                return fault("the resource '" + base::printable(items_[i].id) +
                             "' is defined multiple times in the template");
        }
    }
    for (auto& item : items_) {
        for (auto const& said : json::list_at(item.said, "dependsOn")) {
            auto got = evaluator_->text(said, item.loops);
            if (!got) return tl::unexpected(std::move(got.error()));
            if (auto const loop = loops_.find(base::lower(*got)); loop != loops_.end()) {
                item.after.insert(item.after.end(), loop->second.begin(), loop->second.end());
                continue;
            }
            auto const* other = find(*got);
            if (!other)
                return fault("the resource '" + base::printable(*got) + "' that '" + base::printable(item.name) +
                             "' depends on is not defined in the template");
            item.after.push_back(index(*other));
        }
    }
    // Taken away layer by layer; what stays goes in a circle.
    std::vector<bool> done(items_.size());
    for (bool progress = true; progress;) {
        progress = false;
        for (std::size_t i = 0; i < items_.size(); ++i) {
            if (done[i]) continue;
            bool const free =
                std::all_of(items_[i].after.begin(), items_[i].after.end(), [&](auto k) { return done[k]; });
            if (free) done[i] = progress = true;
        }
    }
    auto const stuck = std::find(done.begin(), done.end(), false);
    if (stuck != done.end())
        return fault("circular dependency detected on resource '" +
                     base::printable(items_[std::size_t(stuck - done.begin())].id) + "'");
    return true;
}

Item const* Template::find(std::string_view what) const {
    auto const found = std::find_if(items_.begin(), items_.end(), [&](Item const& item) {
        return base::same_text(item.id, what) || base::same_text(item.symbol, what) ||
               base::same_text(item.name, what) || base::same_text(item.type + "/" + item.name, what);
    });
    return what.empty() || found == items_.end() ? nullptr : &*found;
}

// ------------------------------------------------------------------------------------------------ asking

Got<json::Value> Template::body(Item const& item) {
    json::Object sent;
    bool const deployment = item.is_deployment();
    for (auto const& entry : item.said.get_object()) {
        bool const ours = std::any_of(std::begin(not_sent), std::end(not_sent),
                                      [&](std::string_view name) { return base::same_text(name, entry.key()); });
        if (!ours) sent.emplace(entry.key(), entry.value());
    }
    json::Value kept;
    if (deployment && own_scope(item.said)) {  // its expressions are its own
        json::Value whole(sent);
        if (auto* inner = json::find(whole, "properties.template")) kept = *inner;
        json::erase(whole, "properties.template");
        sent = std::move(whole.as_object());
    }
    auto got = evaluator_->value(json::Value(std::move(sent)), item.loops);
    if (!got) return got;
    if (deployment) {
        if (!kept.is_null()) {
            json::put(*got, "properties.template", std::move(kept));
        } else if (auto* inner = json::find(*got, "properties.template")) {
            escape(*inner);
        }
    }
    return got;
}

Got<json::Object> Template::outputs() {
    json::Object out;
    auto const* all = member(*template_, "outputs");
    if (!all || !all->is_object()) return out;
    for (auto const& entry : all->get_object()) {
        if (auto const* condition = member(entry.value(), "condition")) {
            auto const wanted = evaluator_->truth(*condition);
            if (!wanted) return tl::unexpected(wanted.error());
            if (!*wanted) continue;
        }
        auto const type = said_text(entry.value(), "type");
        json::Value value;
        if (auto const* said = member(entry.value(), "value")) {
            auto got = evaluator_->value(*said);
            if (!got) return tl::unexpected(std::move(got.error()));
            value = std::move(*got);
        } else if (auto const* copy = member(entry.value(), "copy"); copy && copy->is_object()) {
            json::Object loop = copy->get_object();
            loop["name"] = "output";
            auto got = evaluator_->value(json::Value(json::Object{{"copy", json::Array{json::Value(loop)}}}));
            if (!got) return tl::unexpected(std::move(got.error()));
            value = got->get_object().at("output");
        }
        if (!fits_type(type, value) && !member(entry.value(), "$ref") && !value.is_null())
            return fault("the template output '" + base::printable(entry.key()) + "' is not of its type '" +
                         base::printable(type) + "'");
        json::Object shown{{"type", type}};
        if (!is_secure(type)) shown["value"] = std::move(value);
        out[entry.key()] = std::move(shown);
    }
    return out;
}

json::Object Template::shown_parameters() {
    json::Object shown;
    auto const* declared = member(*template_, "parameters");
    if (!declared || !declared->is_object()) return shown;
    for (auto const& entry : declared->get_object()) {
        auto const type = said_text(entry.value(), "type");
        json::Object one{{"type", type}};
        auto const* value = evaluator_->parameters().if_contains(entry.key());
        if (value && !is_secure(type)) one["value"] = *value;
        shown[entry.key()] = std::move(one);
    }
    return shown;
}

std::string Template::hash() const {
    std::uint64_t number = 0;
    for (unsigned char const c : base::sha256(json::write(*template_)).substr(0, 8)) number = number << 8 | c;
    return std::to_string(number);
}

}  // namespace holdfast::simulator::templates
