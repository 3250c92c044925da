#include "agreement.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/catalog.hpp"
#include "simulator/testing.hpp"

namespace holdfast::recordings {

namespace {

using SimulatedClient = simulator::testing::Client;

/// Values that are this world's own: there or not is compared, and of what kind, not what they are.
constexpr std::string_view own_values[] = {
    "etag",        "eTag",         "resourceGuid", "principalId",       "clientId",         "tenantId",
    "ipAddress",   "createdOn",    "updatedOn",    "createdBy",         "updatedBy",        "fqdn",
    "vaultUri",    "objectId",     "scope",        "kubernetesVersion", "nodeImageVersion", "powerState",
    "privateFQDN", "creationTime", "uniqueId",
};

constexpr double longest_unknown_s = 300;

bool is_own(std::string_view name) {
    return std::any_of(std::begin(own_values), std::end(own_values),
                       [&](auto one) { return base::same_text(one, name); });
}

bool is_used_by_an_estate(std::string_view type) { return catalog::find_duration(type, "write") != nullptr; }

std::optional<resource::ResourceId> parsed(std::string_view path) {
    auto id = resource::ResourceId::parse(path);
    return id ? std::optional(std::move(*id)) : std::nullopt;
}

/// Routes of a provider that are about one of its types without being under a resource of it.
struct AboutType {
    std::string_view route, type;
};
constexpr AboutType about_types[] = {
    {"/providers/microsoft.keyvault/checknameavailability", "Microsoft.KeyVault/vaults"},
    {"/providers/microsoft.keyvault/deletedvaults", "Microsoft.KeyVault/vaults"},
    {"/deletedvaults/", "Microsoft.KeyVault/vaults"},
    {"/providers/microsoft.containerregistry/checknameavailability", "Microsoft.ContainerRegistry/registries"},
};

/// What a request is about, where that is a type an estate is made of.
struct Subject {
    enum class Kind { resource, list, other };  ///< other: an action, a part that is no resource, a vault's own host
    Kind kind = Kind::other;
    std::string type;
    std::optional<resource::ResourceId> id;  ///< of the resource
    std::string target;                      ///< as asked: path and query, or the whole address of a vault's host
};

/// "/subscriptions/…/virtualNetworks?api-version=V", percent-encoding of the path undone.
std::string target_of(std::string_view url) {
    url.remove_prefix(std::min(url.find('/', url.find("://") + 3), url.size()));
    auto const query = std::min(url.find('?'), url.size());
    return base::percent_decoded(url.substr(0, query)) + std::string(url.substr(query));
}

std::optional<Subject> subject_of(Exchange const& exchange) {
    auto const host = host_of(exchange.url);
    if (host.ends_with(".vault.azure.net")) {
        auto path = path_of(exchange.url);
        while (path.starts_with('/')) path.erase(0, 1);
        return Subject{Subject::Kind::other,
                       path.starts_with("keys") ? "Microsoft.KeyVault/vaults/keys" : "Microsoft.KeyVault/vaults",
                       {},
                       exchange.url};
    }
    if (host != "management.azure.com") return std::nullopt;
    auto const target = target_of(exchange.url);
    std::string_view path = std::string_view(target).substr(0, target.find('?'));
    while (path.ends_with('/')) path.remove_suffix(1);
    for (auto const& row : about_types)
        if (base::lower(path).find(row.route) != std::string::npos)
            return Subject{Subject::Kind::other, std::string(row.type), {}, target};
    auto id = parsed(path);
    if (id && is_used_by_an_estate(id->type()))
        return Subject{Subject::Kind::resource, id->type(), std::move(id), target};
    if (id && shapes::find(id->type()) != nullptr) return std::nullopt;  // a resource, of another type
    auto const slash = path.rfind('/');
    if (slash == 0 || slash == std::string_view::npos) return std::nullopt;
    auto const above = path.substr(0, slash), last = path.substr(slash + 1);
    std::string listed;
    auto parent = parsed(above);
    if (parent && base::same_text(last, "resourceGroups")) listed = "Microsoft.Resources/resourceGroups";
    else if (parent) listed = parent->type() + "/" + std::string(last);
    constexpr std::string_view providers = "/providers/";
    if (auto const at = base::lower(above).rfind(providers);
        !parent && at != std::string::npos && above.find('/', at + providers.size()) == std::string_view::npos)
        listed = std::string(above.substr(at + providers.size())) + "/" + std::string(last);
    auto const* shape = shapes::find(listed);
    if (shape != nullptr && is_used_by_an_estate(shape->name) && exchange.method == "GET")
        return Subject{Subject::Kind::list, std::string(shape->name), {}, target};
    if (shape != nullptr || !parent) return std::nullopt;
    for (auto const& entry : json::list_at(exchange.body, "value"))  // a list of another type
        if (auto const type = json::text_at(entry, "type"); type && !is_used_by_an_estate(*type)) return std::nullopt;
    if (is_used_by_an_estate(parent->type())) return Subject{Subject::Kind::other, parent->type(), {}, target};
    return std::nullopt;
}

/// Text of one world in words of the other.
class Translation {
public:
    void add(std::string from, std::string to) {
        if (from.size() >= 8 && !to.empty() && from != to) words_[std::move(from)] = std::move(to);
    }
    std::string operator()(std::string text) const {
        for (auto const& [from, to] : words_)
            for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
                text.replace(at, from.size(), to);
        return text;
    }
    json::Value operator()(json::Value const& value) const {
        auto parsed = json::parse((*this)(json::write(value)));
        return parsed ? std::move(*parsed) : value;
    }

private:
    std::map<std::string, std::string> words_;
};

void add_leaves(std::string_view type, json::Value const& body, std::string const& before,
                std::map<std::string, json::Value>& out) {
    json::each_leaf(resource::normal(type, body), [&](json::Path const& at, json::Value const& leaf) {
        auto text = at.text();
        if (text == "id" || text == "name" || text == "type") return;
        out.emplace(before + std::move(text), leaf);
    });
}

/// Every leaf by its place, in normal form; the entries of a list by their ids.
std::map<std::string, json::Value> leaves(std::string_view type, json::Value const& body) {
    std::map<std::string, json::Value> out;
    auto const* list = json::find(body, "value");
    if (list == nullptr || !list->is_array() || json::find(body, "id") != nullptr) {
        add_leaves(type, body, {}, out);
        return out;
    }
    for (auto const& entry : list->get_array()) {
        auto id = json::text_at(entry, "id");
        if (!id) id = json::text_at(entry, "kid");
        auto const name = "value[" + base::lower(id.value_or("")) + "]";
        out.emplace(name, json::Value(true));
        add_leaves(type, entry, name + ".", out);
    }
    return out;
}

/// A place inside its entry, where it lies in a list.
std::string_view within(std::string_view at) {
    if (!at.starts_with("value[")) return at;
    at.remove_prefix(std::min(at.find(']') + 1, at.size()));
    return at.starts_with('.') ? at.substr(1) : std::string_view("value");
}

/// The recorder cut long lists and left a word there: a body without it.
json::Value without_cuts(json::Value value) {
    if (auto* object = value.if_object())
        for (auto& member : *object) member.value() = without_cuts(std::move(member.value()));
    if (auto* array = value.if_array()) {
        json::Array kept;
        for (auto& item : *array)
            if (!item.is_string() || !item.get_string().starts_with("<cut: "))
                kept.push_back(without_cuts(std::move(item)));
        *array = std::move(kept);
    }
    return value;
}

std::string pattern_of(std::string text) {
    for (auto open = text.find('['); open != std::string::npos; open = text.find('[', open + 1)) {
        auto const close = text.find(']', open);
        if (close == std::string::npos) break;
        if (text[open + 1] != '\'') text.replace(open + 1, close - open - 1, "");
    }
    return text;
}

std::string last_word(std::string const& text) {
    auto const dot = text.rfind('.');
    auto word = dot == std::string::npos ? text : text.substr(dot + 1);
    return word.substr(0, word.find('['));
}

std::string shown(json::Value const& value) {
    auto text = json::write(value);
    return text.size() > 40 ? text.substr(0, 37) + "..." : text;
}

/// A world with every provider registered, in the year that the oldest recording comes from; copied for each recording.
std::vector<std::pair<std::string, std::string>> const& blank_world() {
    static auto const rows = [] {
        auto memory = world::memory_rows();
        auto* raw = memory.get();
        auto options = SimulatedClient::defaults();
        options.start = *base::parse_time("2017-01-01T00:00:00Z");
        SimulatedClient client(options, std::move(memory));
        for (auto const* provider : {"Microsoft.Network", "Microsoft.KeyVault", "Microsoft.ManagedIdentity",
                                     "Microsoft.Compute", "Microsoft.ContainerService", "Microsoft.ContainerRegistry",
                                     "Microsoft.Storage", "Microsoft.OperationalInsights", "Microsoft.Insights"})
            client.call("POST", std::string(simulator::testing::subscription) + "/providers/" + provider +
                                    "/register?api-version=2021-04-01");
        client.settle();
        return *raw->load();
    }();
    return rows;
}

class Replay {
public:
    explicit Replay(Recording const& recording) : recording_(recording) {
        auto rows = world::memory_rows();
        std::vector<world::RowChange> changes;
        for (auto const& [key, value] : blank_world()) changes.push_back({key, value});
        EXPECT_TRUE(rows->commit(changes));
        client_ = std::make_unique<SimulatedClient>(SimulatedClient::defaults(), std::move(rows));
        auto const home = std::string(simulator::testing::subscription).substr(15);
        // Whom a recorded vault lets in is who asks here.
        for (auto const& exchange : recording.exchanges) {
            for (auto const* body : {&exchange.body, &exchange.request_body}) admit(*body);
            for (auto const& entry : json::list_at(exchange.body, "value")) admit(entry);
        }
        for (auto const& exchange : recording.exchanges) {
            constexpr std::string_view before = "/subscriptions/";
            constexpr std::size_t length = 36;
            for (auto const& text : {path_of(exchange.url), base::lower(exchange.response.body)})
                for (auto at = text.find(before); at != std::string::npos; at = text.find(before, at + before.size()))
                    if (text.size() >= at + before.size() + length)
                        translation_.add(text.substr(at + before.size(), length), home);
        }
    }

    void run(std::map<std::string, Agreement>& all) {
        put_in_place();
        std::set<std::string> types, unlike;
        std::optional<base::Time> last;
        for (auto const index : recording_.in_time()) {
            auto const& exchange = recording_.exchanges[index];
            if (exchange.date) {
                auto const from = last.value_or(client_->now());
                if (*exchange.date > from) client_->wait(std::chrono::duration<double>(*exchange.date - from).count());
                last = std::max(from, *exchange.date);
            }
            if (auto const brought = brought_.find(index); brought != brought_.end()) load(brought->second);
            auto const poll = operations_.find(path_of(exchange.url));
            if (exchange.method == "GET" && poll != operations_.end()) {
                auto& agreement = all[poll->second.type];
                if (!look(exchange, poll->second, agreement)) unlike.insert(poll->second.type);
                continue;
            }
            auto const subject = subject_of(exchange);
            if (!subject) continue;
            types.insert(subject->type);
            auto& agreement = all[subject->type];
            bool const alike =
                subject->id ? ask(exchange, *subject, agreement) : ask_beside(exchange, *subject, agreement);
            if (!alike) unlike.insert(subject->type);
        }
        for (auto const& type : types) {
            ++all[type].sequences;
            if (!unlike.contains(type)) ++all[type].sequences_alike;
        }
    }

private:
    void admit(json::Value const& vault) {
        for (auto const& policy : json::list_at(vault, "properties.accessPolicies"))
            if (auto const who = json::text_at(policy, "objectId"))
                translation_.add(std::string(*who), SimulatedClient::defaults().owner.object_id);
    }

    /// What stood before the recording began: what was seen before anything was written there, as it was first shown,
    /// and the groups of whatever was written into groups that nobody made. What shows up after a deployment, which is
    /// not asked again here, is put in place when it is first shown.
    void put_in_place() {
        std::set<std::string> written, placed;
        json::Array standing;
        bool deployed = false;
        auto const place = [&](json::Value const& body) {
            auto const text = json::text_at(body, "id");
            auto const id = text ? parsed(*text) : std::nullopt;
            if (!id || !is_used_by_an_estate(id->type()) || id->subscription().empty()) return;
            for (auto above = std::optional(*id); above; above = above->parent())
                if (written.contains(above->key())) return;
            if (!id->group().empty() && written.contains(group_of(*id).key())) return;
            if (!placed.insert(id->key()).second) return;
            (deployed ? brought_[index_] : standing).push_back(translation_(without_cuts(body)));
        };
        std::set<std::string> needed;
        for (auto const index : recording_.in_time()) {
            index_ = index;
            auto const& exchange = recording_.exchanges[index];
            if (exchange.method == "PUT" && exchange.response.status < 300 &&
                path_of(exchange.url).find("/microsoft.resources/deployment") != std::string::npos)
                deployed = true;
            auto const subject = subject_of(exchange);
            bool const shows = exchange.method == "GET" && exchange.response.status == 200;
            if (subject && shows && !exchange.cut && subject->kind == Subject::Kind::resource) place(exchange.body);
            if (subject && shows && subject->kind == Subject::Kind::list)
                for (auto const& entry : json::list_at(exchange.body, "value")) place(entry);
            auto const id = parsed(path_of(exchange.url));
            if (!id || host_of(exchange.url) != "management.azure.com") continue;
            bool const writes = exchange.method != "GET" && exchange.method != "HEAD";
            if (writes) written.insert(id->key());
            if (!id->group().empty() && exchange.response.status < 400)
                if (auto const group = group_of(*id); !written.contains(group.key()) && !placed.contains(group.key()))
                    needed.insert(group.text());
        }
        load(standing);
        for (auto const& group : needed)
            client_->call("PUT", translation_(group) + "?api-version=2021-04-01", R"({"location":"westus"})");
    }

    /// What cannot be placed is missed when it is asked for.
    void load(json::Array const& entries) {
        for (auto const& entry : entries) static_cast<void>(client_->azure().load(json::write(json::Array{entry})));
    }

    static resource::ResourceId group_of(resource::ResourceId const& id) {
        return resource::ResourceId::subscription_of(id.subscription()).group(id.group());
    }

    struct Operation {
        std::string type, url;
    };

    /// What the recorder left out of a write is taken from the next answer that shows the resource, without what Azure
    /// alone writes; and what today's version of the type does not know is left out.
    std::string body_of(Exchange const& exchange, std::string const& type) const {
        auto body = exchange.request_body.is_object() ? exchange.request_body : json::Value{};
        for (auto const* next = &exchange; body.is_null() && next <= &recording_.exchanges.back(); ++next) {
            if (next->body.is_object() && json::find(next->body, "id") != nullptr &&
                path_of(next->url) == path_of(exchange.url))
                body = resource::normal(type, next->body, false);
            for (auto const& entry : json::list_at(next->body, "value"))
                if (base::same_text(json::text_at(entry, "id").value_or(""), path_of(exchange.url)))
                    body = resource::normal(type, entry, false);
        }
        // Shown by every answer, sent by no client of that time: who sends it need not wait for a new principal.
        if (!exchange.request_body.is_object()) json::erase(body, "properties.principalType");
        if (!body.is_object()) return {};
        if (exchange.method == "PATCH" && !exchange.request_body.is_object())
            body = json::Object{{"tags", json::object_at(body, "tags")}};
        auto mistakes = shapes::validate(*shapes::find(type), body);
        for (auto mistake = mistakes.rbegin(); mistake != mistakes.rend(); ++mistake)
            if (mistake->is_unknown_property) json::erase(body, mistake->at);
        if (auto* tenant = json::find(body, "properties.tenantId"); tenant != nullptr)
            *tenant = simulator::Identity{}.tenant;
        return translation_(json::write(body));
    }

    bool ask(Exchange const& exchange, Subject const& subject, Agreement& agreement) {
        auto const& type = subject.type;
        bool const writes = exchange.method == "PUT" || exchange.method == "PATCH";
        bool const reads = exchange.method == "GET" || exchange.method == "HEAD";
        bool const settled =
            reads && json::text_at(exchange.body, "properties.provisioningState").value_or("Succeeded") == "Succeeded";
        bool const was_gone =
            exchange.method == "DELETE" && (exchange.response.status == 204 || exchange.response.status == 404);
        if (settled || writes || was_gone) client_->settle();
        // How long a new principal stays unknown is drawn as well: what was granted, was granted to a known one.
        if (exchange.method == "PUT" && exchange.response.status < 300 && type.ends_with("/roleAssignments"))
            client_->wait(longest_unknown_s);
        world::Headers headers;
        for (auto const* name : {"If-Match", "If-None-Match"})
            if (auto const value = world::find(exchange.request_headers, name))
                headers.push_back({name, translation_(std::string(*value))});
        auto const answer = client_->call(exchange.method, translation_(subject.target),
                                          writes ? body_of(exchange, type) : std::string{}, headers);
        // A principal known here sooner than there: granted again once it is known there.
        if (answer.status < 300 && json::text_at(exchange.body, "error.code") == "PrincipalNotFound") {
            client_->call("DELETE", translation_(subject.target));
            return true;
        }
        follow(exchange, answer, type);
        return compare(exchange, answer, type, agreement);
    }

    /// Lists, actions, and a vault's own host.
    bool ask_beside(Exchange const& exchange, Subject const& subject, Agreement& agreement) {
        client_->settle();
        auto const body = exchange.request_body.is_null() ? std::string{} : json::write(exchange.request_body);
        auto const answer = subject.target.starts_with("https://")
                                ? ask_vault(exchange, translation_(body))
                                : client_->call(exchange.method, translation_(subject.target), translation_(body));
        follow(exchange, answer, subject.type);
        return compare(exchange, answer, subject.type, agreement);
    }

    /// Who was refused for want of a token is taken to have sent none.
    simulator::testing::Exchange ask_vault(Exchange const& exchange, std::string body) {
        world::Request request{.method = exchange.method, .url = exchange.url, .headers = {}, .body = std::move(body)};
        if (exchange.response.status != 401) request.bearer = base::Secret(client_->token("https://vault.azure.net"));
        return client_->send(std::move(request));
    }

    /// Where the recorded client went to look, and where to look here.
    void follow(Exchange const& exchange, simulator::testing::Exchange const& answer, std::string const& type) {
        for (auto const* name : {"Azure-AsyncOperation", "Location"}) {
            auto const recorded = path_of(world::find(exchange.response.headers, name).value_or(""));
            auto const simulated = answer.header(name);
            if (!recorded.empty() && !simulated.empty() && recorded != path_of(exchange.url))
                operations_[recorded] = {type, simulated};
        }
    }

    /// A look at an operation. While the real one runs ours may have ended: how long things take is drawn, and no
    /// matter of behaviour; only the last look is compared.
    bool look(Exchange const& exchange, Operation const& operation, Agreement& agreement) {
        auto const word = json::text_at(exchange.body, "status").value_or("");
        if (exchange.response.status == 202 || base::same_text(word, "InProgress")) return true;
        client_->settle();
        auto const answer = client_->call("GET", operation.url);
        return compare(exchange, answer, operation.type, agreement);
    }

    bool compare(Exchange const& exchange, simulator::testing::Exchange const& answer, std::string const& type,
                 Agreement& agreement) {
        ++agreement.exchanges;
        auto const differs = [&](std::string what) { ++agreement.differences[std::move(what)]; };
        bool const same_status = exchange.response.status == answer.status;
        if (same_status) ++agreement.same_status;
        else
            differs(fmt::format("{} {} in the recording, {}{} here", exchange.method, exchange.response.status,
                                answer.status, answer.code().empty() ? "" : " " + answer.code()));
        bool same_headers = same_status;
        for (auto const* name : {"Azure-AsyncOperation", "Location", "Retry-After", "ETag"}) {
            if (!same_status) break;
            // Recorders of Java's libraries put a Retry-After everywhere.
            if (name == std::string_view("Retry-After") && recording_.name.starts_with("java__")) continue;
            bool const recorded = world::find(exchange.response.headers, name).has_value();
            if (recorded == !answer.header(name).empty() && !waits_differ(exchange, answer, name)) continue;
            same_headers = false;
            if (recorded && !answer.header(name).empty()) {
                differs(fmt::format("{} {}: `{}: {}` in the recording, {} here", exchange.method, answer.status, name,
                                    *world::find(exchange.response.headers, name), answer.header(name)));
                continue;
            }
            differs(fmt::format("{} {}: `{}` only {}", exchange.method, answer.status, name,
                                recorded ? "in the recording" : "here"));
        }
        if (same_headers) ++agreement.same_headers;
        bool const same_body = bodies(exchange, answer, type, same_status, agreement);
        bool const alike = same_status && same_headers && same_body;
        if (alike) ++agreement.alike;
        return alike;
    }

    /// How long to wait is a matter of behaviour where the recorder kept it (azd's wrote 0).
    static bool waits_differ(Exchange const& exchange, simulator::testing::Exchange const& answer,
                             std::string_view name) {
        auto const recorded = world::find(exchange.response.headers, name);
        return name == "Retry-After" && recorded && *recorded != "0" && *recorded != answer.header(name);
    }

    bool bodies(Exchange const& exchange, simulator::testing::Exchange const& answer, std::string const& type,
                bool same_status, Agreement& agreement) {
        if (!exchange.body.is_object()) {
            if (!answer.body.is_object() || !same_status || exchange.method == "HEAD") return true;
            ++agreement.properties;
            ++agreement.differences[fmt::format("{} {}: a body only here", exchange.method, answer.status)];
            return false;
        }
        bool const refused = exchange.response.status >= 400;
        if (refused) {
            ++agreement.properties;
            auto code = json::text_at(exchange.body, "error.code");
            if (!code) code = json::text_at(exchange.body, "code");
            bool const same = base::same_text(code.value_or(""), answer.code());
            if (same) ++agreement.same_properties;
            else if (same_status)
                ++agreement.differences[fmt::format("{} {}: `{}` in the recording, `{}` here", exchange.method,
                                                    answer.status, code.value_or(""), answer.code())];
            return same;
        }
        learn(exchange.body, answer.body);
        auto const recorded = leaves(type, translation_(without_cuts(exchange.body)));
        auto const simulated = answer.status < 400 && answer.body.is_object() ? leaves(type, answer.body)
                                                                              : std::map<std::string, json::Value>{};
        bool const goes_on = exchange.cut || json::text_at(exchange.body, "nextLink").has_value();
        bool same = true;
        std::set<std::string> places;
        for (auto const& [at, value] : recorded) places.insert(at);
        if (!goes_on)
            for (auto const& [at, value] : simulated) places.insert(at);
        for (auto const& at : places) {
            auto const left = recorded.find(at), right = simulated.find(at);
            ++agreement.properties;
            bool const both = left != recorded.end() && right != simulated.end();
            bool const equal = both && (is_own(last_word(at)) ? left->second.kind() == right->second.kind()
                                                              : resource::same(type, json::Path(within(at)),
                                                                               &left->second, &right->second));
            if (equal) {
                ++agreement.same_properties;
                continue;
            }
            same = false;
            if (!same_status) continue;  // named once, by its status
            auto const place = pattern_of(at);
            if (!both)
                ++agreement.differences[fmt::format("`{}` only {}", place,
                                                    right == simulated.end() ? "in the recording" : "here")];
            else
                ++agreement.differences[fmt::format("`{}`: {} in the recording, {} here", place, shown(left->second),
                                                    shown(right->second))];
        }
        return same;
    }

    /// W/"x" and "x" are x: quotes have no place inside JSON.
    static std::string bare(std::string_view tag) {
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag.size() >= 2 && tag.starts_with('"') && tag.ends_with('"')) tag = tag.substr(1, tag.size() - 2);
        return std::string(tag);
    }

    /// Principals, ids and the like that this world drew differently, so that later requests mean its own.
    void learn(json::Value const& recorded, json::Value const& simulated) {
        for (auto const* at : {"properties.principalId", "properties.clientId", "etag"}) {
            auto const left = json::text_at(recorded, at), right = json::text_at(simulated, at);
            if (left && right) translation_.add(bare(*left), bare(*right));
        }
    }

    Recording const& recording_;
    std::unique_ptr<SimulatedClient> client_;
    Translation translation_;
    std::map<std::string, Operation> operations_;
    std::map<std::size_t, json::Array> brought_;  ///< by what is not asked again, by when it was first shown
    std::size_t index_ = 0;
};

std::string percent(int part, int whole) { return whole == 0 ? "-" : fmt::format("{} %", part * 100 / whole); }

}  // namespace

std::map<std::string, Agreement> agreement() {
    std::map<std::string, Agreement> all;
    for (auto const& recording : recordings::all()) {
        bool const concerns = std::any_of(recording.exchanges.begin(), recording.exchanges.end(),
                                          [](auto const& exchange) { return subject_of(exchange).has_value(); });
        if (concerns) Replay(recording).run(all);
    }
    return all;
}

std::string as_markdown(std::map<std::string, Agreement> const& all) {
    std::string out =
        "| type | sequences alike | exchanges alike | status | headers | properties |\n|---|---|---|---|---|---|\n";
    Agreement total;
    for (auto const& [type, one] : all) {
        out += fmt::format("| {} | {} of {} | {} of {} | {} | {} | {} of {} |\n", type, one.sequences_alike,
                           one.sequences, one.alike, one.exchanges, percent(one.same_status, one.exchanges),
                           percent(one.same_headers, one.exchanges), one.same_properties, one.properties);
        total.sequences += one.sequences;
        total.sequences_alike += one.sequences_alike;
        total.exchanges += one.exchanges;
        total.alike += one.alike;
        total.same_status += one.same_status;
        total.same_headers += one.same_headers;
        total.properties += one.properties;
        total.same_properties += one.same_properties;
    }
    out += fmt::format(
        "| **all** | {} of {} | {} of {} | {} | {} | {} of {} ({}) |\n\nDifferences, most frequent first:\n\n",
        total.sequences_alike, total.sequences, total.alike, total.exchanges,
        percent(total.same_status, total.exchanges), percent(total.same_headers, total.exchanges),
        total.same_properties, total.properties, percent(total.same_properties, total.properties));
    constexpr std::size_t most = 8;
    for (auto const& [type, one] : all) {
        if (one.differences.empty()) continue;
        std::vector<std::pair<int, std::string>> sorted;
        for (auto const& [what, count] : one.differences) sorted.emplace_back(-count, what);
        std::sort(sorted.begin(), sorted.end());
        out += fmt::format("* {}\n", type);
        for (std::size_t i = 0; i < sorted.size() && i < most; ++i)
            out += fmt::format("  * {}× {}\n", -sorted[i].first, sorted[i].second);
        int rest = 0;
        for (std::size_t i = most; i < sorted.size(); ++i) rest -= sorted[i].first;
        if (rest > 0) out += fmt::format("  * and {} rarer ones, {}× in all\n", sorted.size() - most, rest);
    }
    return out;
}

}  // namespace holdfast::recordings
