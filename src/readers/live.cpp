// Live: two rounds of questions, asked in parallel, and what their answers make.
#include <algorithm>
#include <set>

#include "azure/azure.hpp"
#include "readers/reading.hpp"
#include "readers/sizes.hpp"

namespace holdfast::readers {

namespace {

constexpr std::size_t most_at_once = 64;

struct BinRow {
    std::string_view type, path, id_at, until_at;
    std::string_view source, date;
};
constexpr BinRow bins[] = {
#include "bins.inc"
};

struct SurvivorRow {
    std::string_view type, list, uses, at, unless_in;
    std::string_view source, date;
};
constexpr SurvivorRow survivor_rows[] = {
#include "survivors.inc"
};

struct BesideRow {
    std::string_view type, of, list, named;
    bool going;
    std::string_view source, date;
};
constexpr BesideRow beside_rows[] = {
#include "beside.inc"
};

struct AzureChildRow {
    std::string_view type, name, because;
    std::string_view source, date;
};
constexpr AzureChildRow azure_children[] = {
#include "azure_children.inc"
};

/// Whether the pieces of a pattern between its stars stand in the name in their order.
bool called_like(std::string_view name, std::string_view pattern) {
    auto const pieces = base::split(pattern, '*');
    if (!name.starts_with(pieces.front())) return false;
    for (auto const& piece : pieces) {
        auto const at = name.find(piece);
        if (at == std::string_view::npos) return false;
        name.remove_prefix(at + piece.size());
    }
    return pieces.back().empty() || name.empty();
}
bool written_by_azure(ResourceId const& id) {
    auto const name = base::lower(id.name());
    return std::ranges::any_of(azure_children, [&](AzureChildRow const& row) {
        return base::same_text(row.type, id.type()) && called_like(name, row.name);
    });
}

// ---------------------------------------------------------------------------------------------- asking

/// One GET: a resource by id, one path, or a list.
struct Question {
    enum class Kind { resource, path, list } kind = Kind::resource;
    std::optional<ResourceId> id;
    std::string path, api_version;
};
struct Reply {
    std::optional<azure::Answer> answer;  ///< resource and path; status 404 is an answer
    json::Array items;                    ///< list
    std::optional<base::Error> error;
};

Task<void> ask_one(Question question, Reply* reply, azure::Client* client) {
    if (question.kind == Question::Kind::list) {
        auto listed = co_await client->list(question.path, question.api_version);
        if (listed) reply->items = std::move(*listed);
        else reply->error = std::move(listed.error());
        co_return;
    }
    if (question.kind == Question::Kind::path) {
        auto answered = co_await client->get_path(question.path, question.api_version);
        if (answered) reply->answer = std::move(*answered);
        else reply->error = std::move(answered.error());
        co_return;
    }
    auto answered = co_await client->get(*question.id, question.api_version);
    if (answered) reply->answer = std::move(*answered);
    else reply->error = std::move(answered.error());
}

/// One of the parallel askers: takes the next question until none is left.
Task<void> ask_in_turn(std::vector<Question> const* questions, std::vector<Reply>* replies, std::size_t* next,
                       azure::Client* client) {
    while (*next < questions->size()) {
        auto const mine = (*next)++;
        auto question = (*questions)[mine];
        co_await ask_one(std::move(question), &(*replies)[mine], client);
    }
}

Task<std::vector<Reply>> ask(std::vector<Question> questions, azure::Client* client) {
    std::vector<Reply> replies(questions.size());
    std::size_t next = 0;
    std::function<Task<void>(std::size_t)> const make = [&](std::size_t) {
        return ask_in_turn(&questions, &replies, &next, client);
    };
    auto const askers = std::min(most_at_once, questions.size());
    co_await world::together(askers, make);
    co_return replies;
}

bool is_absent(Reply const& reply) {
    if (reply.answer) return reply.answer->status == 404;
    return reply.error && reply.error->azure && reply.error->azure->status == 404;
}

std::string because(base::Error const& error) {
    if (error.azure) {
        auto text = std::to_string(error.azure->status);
        if (!error.azure->code.empty()) text += " " + error.azure->code;
        return text;
    }
    return std::string(base::name(error.code)) + ": " + error.what;
}

// ---------------------------------------------------------------------------------------------- what to ask

bool is_assignment(Resource const& designed) {
    auto const* type = shapes::find(designed.type);
    return type != nullptr && type->name_rule == "guid_of_assignment";
}

/// Where an assignment holds: known even while its own name is not.
std::optional<ResourceId> scope_of(Graph const& estate, Resource const& assignment) {
    if (assignment.id) return assignment.id->parent();
    auto const* parent = assignment.parent ? estate.find(*assignment.parent) : nullptr;
    return parent == nullptr ? std::nullopt : parent->id;
}

/// Whether a designed child will be seen in its parent's body.
bool seen_in_parent(Graph const& estate, Resource const& designed) {
    auto const* type = shapes::find(designed.type);
    if (type == nullptr || type->inline_at.empty() || !designed.id) return false;
    auto const parent = designed.id->parent();
    return parent && estate.find(*parent) != nullptr;
}

Question about(ResourceId id, std::string api_version = {}) {
    Question question;
    question.id = std::move(id);
    question.api_version = std::move(api_version);
    return question;
}

Question listing(std::string path, std::string_view api_version) {
    Question question;
    question.kind = Question::Kind::list;
    question.path = std::move(path);
    question.api_version = api_version;
    return question;
}

Question assignments_at(std::string scope, Graph const& estate) {
    std::string version;
    for (auto const& [address, designed] : estate.resources())
        if (is_assignment(designed)) version = designed.api_version;
    if (version.empty())
        for (auto const& type : shapes::all())
            if (type.name_rule == "guid_of_assignment") version = type.api_version;
    return listing(std::move(scope) + std::string(assignments_path) + "?$filter=atScope()", version);
}

// ---------------------------------------------------------------------------------------------- putting together

/// Everything one reading knows while it goes on. Lives in the frame of `live`.
struct Reading {
    Graph estate;
    Graph live;
    std::string owner;
    std::set<std::string> elsewhere;                  ///< keys of ids that tags of ours name
    std::set<std::string> elsewhere_scopes;           ///< scopes outside whose marked assignments are ours
    std::map<std::string, json::Array> assignments;   ///< by key of the scope
    std::map<std::string, std::string> scope_unread;  ///< why a scope's list could not be read
    std::set<std::string> scope_absent;
    std::vector<Resource const*> missing;  ///< designed, answered 404
    std::set<std::string> looked_into;  ///< keys of what is others' and read with all that is in it: see `read_along`

    explicit Reading(Graph designed) : estate(std::move(designed)), owner(owner_of(estate)) {}

    bool is_ours(Resource const& resource) const {
        if (resource.raw && bears_our_mark(resource.type, *resource.raw, owner)) return true;
        if (resource.id && elsewhere.contains(resource.id->key())) return true;
        auto const* type = shapes::find(resource.type);
        // What stands in our group without our tag is somebody else's; a child or extension follows its parent.
        bool const stands_alone = type == nullptr || (type->parent.empty() && type->tags);
        if (stands_alone || !resource.id) return false;
        auto const parent_id = resource.id->parent();
        auto const* parent = parent_id ? live.find(*parent_id) : nullptr;
        return parent != nullptr && parent->ours;
    }

    void unread(std::string what, std::string why) { live.unread.push_back({std::move(what), std::move(why)}); }

    /// Adds a resource and the children its body shows.
    void add(ResourceId const& id, json::Value raw, std::string etag) {
        if (live.find(id) != nullptr) return;
        auto const* designed = estate.find(id);
        auto address = Names(estate).address_of(id, live);
        auto read = read_body(id, std::move(raw), std::move(etag), address, designed);
        if (!read) return unread(address, read.error().what);
        if (designed == nullptr) place(read->resource);
        read->resource.ours = is_ours(read->resource);
        bool const parent_ours = read->resource.ours;
        live.add(std::move(read->resource));
        for (auto& [child_id, body] : read->children) {
            bool const designed_too = estate.find(child_id) != nullptr || elsewhere.contains(child_id.key());
            bool const wanted =
                designed_too || looked_into.contains(id.key()) || (parent_ours && !written_by_azure(child_id));
            if (wanted) add(child_id, std::move(body), {});
        }
        if (designed != nullptr && designed->id) note_absent_children(*designed->id);
    }

    /// Parent address of what the estate does not know.
    void place(Resource& resource) const {
        auto const parent_id = resource.id->parent();
        auto const* parent = parent_id ? live.find(*parent_id) : nullptr;
        if (parent != nullptr) resource.parent = parent->address;
    }

    /// Designed children that a parent just read does not show.
    void note_absent_children(ResourceId const& parent) {
        for (auto const& [address, designed] : estate.resources()) {
            if (!seen_in_parent(estate, designed) || *designed.id->parent() != parent) continue;
            if (live.find(*designed.id) == nullptr) absent(designed);
        }
    }

    void absent(Resource const& designed) {
        missing.push_back(&designed);
        if (designed.ownership == resource::Ownership::existing) unread(designed.address, "404: it is not there");
    }

    /// A designed resource that could not be read, and the children that would have been seen in it.
    void failed(Resource const& designed, std::string const& why) {
        unread(designed.address, why);
        if (!designed.id) return;
        for (auto const& [address, child] : estate.resources())
            if (seen_in_parent(estate, child) && *child.id->parent() == *designed.id) unread(address, why);
    }
    void gone(Resource const& designed) {
        absent(designed);
        if (!designed.id) return;
        for (auto const& [address, child] : estate.resources())
            if (seen_in_parent(estate, child) && *child.id->parent() == *designed.id) absent(child);
    }
};

/// What is read because a designed thing names it, though the design does not: others' rules, routes and gateways decide
/// whether nodes get out, and as who. Where it may not be read, whoever asks for it says so.
struct ReadAlong {
    std::string_view of, at;
    bool list = false;  ///< of objects with an id
};
constexpr ReadAlong read_along[] = {
    {"Microsoft.Network/virtualNetworks/subnets", "properties.networkSecurityGroup.id"},
    {"Microsoft.Network/virtualNetworks/subnets", "properties.routeTable.id"},
    {"Microsoft.Network/virtualNetworks/subnets", "properties.natGateway.id"},
    {"Microsoft.Network/natGateways", "properties.publicIpAddresses", true},
    {"Microsoft.Network/natGateways", "properties.publicIpPrefixes", true},
};

/// What the designed and what was read along name so, and nobody has read. Each is named once.
std::vector<ResourceId> read_along_next(Reading& reading) {
    std::vector<ResourceId> next;
    auto const name = [&](std::optional<std::string_view> text) {
        auto const id = text ? ResourceId::parse(*text) : base::Result<ResourceId>(base::fail({}));
        if (!id || reading.estate.find(*id) != nullptr || reading.live.find(*id) != nullptr) return;
        if (reading.looked_into.insert(id->key()).second) next.push_back(*id);
    };
    for (auto const& row : read_along)
        for (auto const* stands : reading.live.of_type(row.of)) {
            if (!stands->id || !stands->raw) continue;
            if (reading.estate.find(*stands->id) == nullptr && !reading.looked_into.contains(stands->id->key())) continue;
            if (!row.list) name(json::text_at(*stands->raw, row.at));
            else for (auto const& one : json::list_at(*stands->raw, row.at)) name(json::text_at(one, "id"));
        }
    return next;
}

/// What the tags of something of ours say of things in others' resources.
void note_elsewhere(Reading& reading, std::string_view type, json::Value const& raw) {
    if (!bears_our_mark(type, raw, reading.owner)) return;
    for (auto const& tag : json::object_at(raw, "tags")) {
        if (!std::string_view(tag.key()).starts_with(elsewhere_tag) || !tag.value().is_string()) continue;
        std::string text(tag.value().get_string());
        std::replace_if(text.begin(), text.end(), [](char c) { return c == ',' || c == ';' || c == '\n'; }, ' ');
        for (auto const& piece : base::split(text, ' ')) {
            if (piece.empty()) continue;
            if (piece.size() > assignments_path.size() &&
                base::same_text(std::string_view(piece).substr(piece.size() - assignments_path.size()),
                                assignments_path)) {
                auto const scope = ResourceId::parse(piece.substr(0, piece.size() - assignments_path.size()));
                if (scope) reading.elsewhere_scopes.insert(scope->text());
            } else if (auto const id = ResourceId::parse(piece)) {
                reading.elsewhere.insert(id->key());
            }
        }
    }
}

/// A role by its GUID, whatever scope its definition id was written with.
std::string_view role_guid(std::string_view definition) { return definition.substr(definition.rfind('/') + 1); }

/// The principal that an assignment names, or would name: known once its source stands.
struct Principal {
    std::optional<std::string> id;
    std::optional<std::string> unread_because;
};
Principal principal_of(Reading const& reading, Resource const& designed) {
    static json::Path const at = "properties.principalId";
    if (auto const text = json::text_at(designed.body, at)) return {std::string(*text), {}};
    for (auto const& pending : designed.pending) {
        if (pending.at != at) continue;
        auto const* output = std::get_if<resource::Output>(&pending.from);
        if (output == nullptr) return {};
        auto const* source = reading.live.find(output->address);
        if (source != nullptr && source->raw) {
            if (auto const text = json::text_at(*source->raw, output->path)) return {std::string(*text), {}};
            return {};
        }
        for (auto const& unread : reading.live.unread)
            if (unread.what == output->address) return {{}, "its principal could not be read: " + unread.because};
    }
    return {};
}

std::optional<ResourceId> id_of(json::Value const& item) {
    auto const text = json::text_at(item, "id");
    if (!text) return std::nullopt;
    auto id = ResourceId::parse(*text);
    if (!id) return std::nullopt;
    return std::move(*id);
}

/// Finds each designed assignment in the lists, and what bears our mark and is designed no longer.
void match_assignments(Reading& reading) {
    std::set<std::string> taken;
    for (auto const& [address, designed] : reading.estate.resources()) {
        if (!is_assignment(designed)) continue;
        auto const scope = scope_of(reading.estate, designed);
        if (!scope) continue;
        if (auto const why = reading.scope_unread.find(scope->key()); why != reading.scope_unread.end()) {
            reading.unread(address, why->second);
            continue;
        }
        auto const principal = principal_of(reading, designed);
        if (principal.unread_because) {
            reading.unread(address, *principal.unread_because);
            continue;
        }
        auto const role = json::text_at(designed.body, "properties.roleDefinitionId");
        auto const listed = reading.assignments.find(scope->key());
        if (!principal.id || !role || listed == reading.assignments.end()) continue;
        for (auto const& item : listed->second) {
            auto const id = id_of(item);
            auto const who = json::text_at(item, "properties.principalId");
            auto const what = json::text_at(item, "properties.roleDefinitionId");
            if (!id || !who || !what || id->parent() != scope) continue;  // inherited ones are listed as well
            if (!base::same_text(*who, *principal.id) || !base::same_text(role_guid(*what), role_guid(*role))) continue;
            auto read = read_body(*id, item, {}, address, &designed);
            if (!read) {
                reading.unread(address, read.error().what);
                break;
            }
            taken.insert(id->key());
            read->resource.ours = reading.is_ours(read->resource);
            reading.live.add(std::move(read->resource));
            break;
        }
    }
    for (auto const& [scope, items] : reading.assignments)
        for (auto const& item : items) {
            auto const id = id_of(item);
            if (!id || taken.contains(id->key()) || !id->parent() || id->parent()->key() != scope) continue;
            if (bears_our_mark(id->type(), item, reading.owner)) reading.add(*id, item, {});
        }
}

std::string filled(std::string_view pattern, Resource const& designed) {
    std::string out;
    auto const location = json::text_at(designed.body, "location").value_or("");
    while (!pattern.empty()) {
        auto const open = pattern.find('{');
        out += pattern.substr(0, open);
        if (open == std::string_view::npos) break;
        auto const close = pattern.find('}', open);
        auto const name = pattern.substr(open + 1, close - open - 1);
        if (name == "subscription") out += designed.id->subscription();
        if (name == "location") out += location;
        if (name == "name") out += designed.id->name();
        pattern.remove_prefix(close + 1);
    }
    return out;
}

/// Whether an item of a list below a designed thing is ours: by its mark, or where it can bear none by its name.
bool stands_beside(Reading const& reading, BesideRow const& row, Resource const& designed, ResourceId const& id,
                   json::Value const& item) {
    if (row.named.empty()) return bears_our_mark(row.type, item, reading.owner);
    auto const* holder = reading.live.find(*designed.id);
    auto named = std::string(row.named);
    if (auto const at = named.find("{owner}"); at != std::string::npos) named.replace(at, 7, reading.owner);
    return holder && holder->ours && called_like(base::lower(id.name()), base::lower(named));
}

/// What in the list hangs on `used`: somebody else's, but not to be left without it.
void add_survivors(Reading& reading, SurvivorRow const& row, Resource const& used, json::Array const& items) {
    for (auto const& item : items) {
        auto const id = id_of(item);
        auto const target = json::text_at(item, json::Path(row.at));
        auto const target_id = target ? ResourceId::parse(*target) : base::Result<ResourceId>(base::fail({}));
        if (!id || !target_id || *target_id != *used.id || reading.live.find(*id) != nullptr) continue;
        bool goes_too = false;
        for (auto const& [address, resource] : reading.live.resources()) {
            auto const group = resource.raw ? json::text_at(*resource.raw, json::Path(row.unless_in)) : std::nullopt;
            goes_too = goes_too || (group && base::same_text(*group, id->group()));
        }
        if (goes_too) continue;
        reading.add(*id, item, {});
        auto const* known = reading.live.find(*id);
        if (known != nullptr && !known->ours)
            reading.live.find(known->address)->ownership = resource::Ownership::existing;
    }
}

}  // namespace

Task<Result<Graph>> live(Graph estate, azure::Client& client) {
    Reading reading(std::move(estate));

    // ---- first round: everything designed, the roles at each scope, what our group holds
    std::vector<Question> questions;
    std::vector<Resource const*> subjects;  // beside each question; null for lists
    std::vector<std::string> scopes;        // key of the scope, for lists of roles
    std::set<std::string> asked_scopes;
    auto const put = [&](Question question, Resource const* subject, std::string scope) {
        questions.push_back(std::move(question));
        subjects.push_back(subject);
        scopes.push_back(std::move(scope));
    };
    for (auto const& [address, designed] : reading.estate.resources()) {
        if (is_assignment(designed)) {
            auto const scope = scope_of(reading.estate, designed);
            if (scope && asked_scopes.insert(scope->key()).second)
                put(assignments_at(scope->text(), reading.estate), nullptr, scope->key());
            continue;
        }
        if (!designed.id || seen_in_parent(reading.estate, designed)) continue;
        put(about(*designed.id, designed.api_version), &designed, {});
    }
    for (auto const* group : reading.estate.of_type(group_type)) {
        auto const* type = shapes::find(group_type);
        if (group->id && type != nullptr)  // also in a group of others: what we put there bears our tag
            put(listing(group->id->text() + "/resources", type->api_version), group, "resources");
    }
    std::map<std::size_t, SurvivorRow const*> survivors;  // by number of the question
    for (auto const& row : survivor_rows)
        for (auto const* used : reading.estate.of_type(row.uses)) {
            auto const* type = shapes::find(row.type);
            if (used->ownership != resource::Ownership::managed || !used->id || type == nullptr) continue;
            survivors[questions.size()] = &row;
            put(listing(filled(row.list, *used), type->api_version), used, "survivors");
        }
    std::map<std::size_t, BesideRow const*> beside;  // by number of the question
    for (auto const& row : beside_rows)
        for (auto const* designed : reading.estate.of_type(row.of)) {
            auto const* type = shapes::find(row.type);
            if (!designed->id || type == nullptr || row.going) continue;
            beside[questions.size()] = &row;
            put(listing(designed->id->text() + std::string(row.list), type->api_version), designed, "beside");
        }
    auto replies = co_await ask(questions, &client);

    std::vector<json::Value> held;  // list items of our group, without their properties
    for (std::size_t i = 0; i < replies.size(); ++i) {
        auto const* subject = subjects[i];
        if (replies[i].error && replies[i].error->code == base::ErrorCode::sign_in)
            co_return base::fail(*replies[i].error);
        if (questions[i].kind == Question::Kind::list && scopes[i] == "resources") {
            if (replies[i].error && !is_absent(replies[i]))
                reading.unread(subject->address + "/resources", because(*replies[i].error));
            for (auto& item : replies[i].items) held.push_back(std::move(item));
        } else if (survivors.contains(i) || beside.contains(i)) {
            auto const type = survivors.contains(i) ? survivors[i]->type : beside[i]->type;
            if (replies[i].error && !is_absent(replies[i]))
                reading.unread(subject->address + "/" + std::string(shapes::find(type)->plain) + "s",
                               because(*replies[i].error));
        } else if (questions[i].kind == Question::Kind::list) {
            if (is_absent(replies[i])) reading.scope_absent.insert(scopes[i]);
            else if (replies[i].error) reading.scope_unread[scopes[i]] = because(*replies[i].error);
            else reading.assignments[scopes[i]] = std::move(replies[i].items);
        }
    }
    // Groups before what they hold, parents before children: whether something is ours follows from what is above it.
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < replies.size(); ++i)
        if (questions[i].kind == Question::Kind::resource) order.push_back(i);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        auto const length = [&](std::size_t i) {
            auto const& text = questions[i].id->text();
            return std::count(text.begin(), text.end(), '/');
        };
        return std::pair(length(a), a) < std::pair(length(b), b);
    });
    // What remembers things elsewhere is heard before any of them: whether they are ours follows from it.
    for (auto const i : order)
        if (replies[i].answer) note_elsewhere(reading, subjects[i]->type, replies[i].answer->body);
    for (auto const& item : held)
        if (auto const id = id_of(item)) note_elsewhere(reading, id->type(), item);
    for (auto const i : order) {
        auto& reply = replies[i];
        auto const& designed = *subjects[i];
        if (reply.error && !is_absent(reply)) reading.failed(designed, because(*reply.error));
        else if (is_absent(reply)) reading.gone(designed);
        else reading.add(*designed.id, std::move(reply.answer->body), std::move(reply.answer->etag));
    }
    for (auto const& [number, row] : survivors) add_survivors(reading, *row, *subjects[number], replies[number].items);

    std::vector<std::tuple<BesideRow const*, Resource const*, json::Array>> stands_beside_it;
    for (auto const& [number, row] : beside)
        stands_beside_it.emplace_back(row, subjects[number], std::move(replies[number].items));

    // ---- second round: what the first one brought up
    std::vector<Question> more;
    std::vector<Resource const*> in_bin;  // beside each question, where it asks a bin
    std::vector<BinRow const*> bin_rows;
    std::vector<ResourceId> strangers;  // beside each question about something not designed
    std::vector<std::string> more_scopes;
    auto const also = [&](Question question, Resource const* subject, BinRow const* row, std::string scope) {
        more.push_back(std::move(question));
        in_bin.push_back(subject);
        bin_rows.push_back(row);
        more_scopes.push_back(std::move(scope));
    };
    std::set<std::size_t> going;  // numbers of lists below what is designed no longer
    std::set<std::string> wanted;
    for (auto const& item : held) {
        auto const id = id_of(item);
        if (!id || reading.estate.find(*id) != nullptr || reading.live.find(*id) != nullptr) continue;
        if (!bears_our_mark(id->type(), item, reading.owner) || !wanted.insert(id->key()).second) continue;
        if (shapes::find(id->type()) == nullptr)
            reading.add(*id, item, {});  // of a kind we do not know: the list's few words must do
        else also(about(*id), nullptr, nullptr, {});
        for (auto const& row : beside_rows) {
            auto const* type = shapes::find(row.type);
            if (!row.going || type == nullptr || !base::same_text(row.of, id->type())) continue;
            going.insert(more.size());
            also(listing(id->text() + std::string(row.list), type->api_version), nullptr, nullptr, id->text());
        }
    }
    for (auto const& id : read_along_next(reading))
        if (wanted.insert(id.key()).second) also(about(id), nullptr, nullptr, {});
    for (auto const& key : reading.elsewhere) {
        auto const id = ResourceId::parse(key);
        if (!id || reading.estate.find(*id) != nullptr || reading.live.find(*id) != nullptr) continue;
        if (shapes::find(id->type()) != nullptr && wanted.insert(id->key()).second)
            also(about(*id), nullptr, nullptr, {});
        reading.elsewhere_scopes.insert(id->text());  // what was granted on it outlives the design, too
    }
    for (auto const& scope : reading.elsewhere_scopes) {
        auto const id = ResourceId::parse(scope);
        if (id && asked_scopes.insert(id->key()).second)
            also(assignments_at(scope, reading.estate), nullptr, nullptr, id->key());
    }
    for (auto const* designed : reading.missing)
        for (auto const& row : bins) {
            if (row.type != designed->type || designed->ownership != resource::Ownership::managed || !designed->id)
                continue;
            Question question;
            question.kind = Question::Kind::path;
            question.path = filled(row.path, *designed);
            auto const* type = shapes::find(designed->type);
            question.api_version = designed->api_version.empty() && type != nullptr ? std::string(type->api_version)
                                                                                    : designed->api_version;
            also(std::move(question), designed, &row, {});
        }
    auto const sizes = sizes_wanted(reading.estate, reading.missing);
    auto const first_list = more.size();
    for (auto const& region : sizes) also(listing(region.list, skus_version), nullptr, nullptr, {});
    json::Array lies_in_what_goes;
    replies = co_await ask(more, &client);
    // Where the list may not be read, Azure says at the pool what is closed.
    for (std::size_t i = first_list; i < replies.size(); ++i)
        if (auto found = unfit(sizes[i - first_list], replies[i].items)) {
            if (!reading.live.unfit) reading.live.unfit.emplace();
            for (auto& one : *found) reading.live.unfit->push_back(std::move(one));
        }
    for (std::size_t i = 0; i < first_list; ++i) {
        auto& reply = replies[i];
        if (going.contains(i)) {
            if (reply.error && !is_absent(reply)) reading.unread(more_scopes[i], because(*reply.error));
            for (auto& item : reply.items) lies_in_what_goes.push_back(std::move(item));
        } else if (more[i].kind == Question::Kind::list) {
            if (reply.error && !is_absent(reply)) reading.unread(more_scopes[i], because(*reply.error));
            else reading.assignments[more_scopes[i]] = std::move(reply.items);
        } else if (in_bin[i] != nullptr) {
            if (is_absent(reply)) continue;
            if (reply.error) {
                reading.unread(in_bin[i]->address, "whether Azure keeps a deleted one: " + because(*reply.error));
                continue;
            }
            auto const text = json::text_at(reply.answer->body, json::Path(bin_rows[i]->id_at));
            auto const id = text ? ResourceId::parse(*text) : base::Result<ResourceId>(base::fail({}));
            if (!id || *id != *in_bin[i]->id) continue;  // somebody else's deleted thing of that name
            auto const until = json::text_at(reply.answer->body, json::Path(bin_rows[i]->until_at));
            reading.live.recoverable.push_back({in_bin[i]->address, std::string(until.value_or(""))});
        } else if (reply.error && !is_absent(reply)) {
            if (!reading.looked_into.contains(more[i].id->key()))
                reading.unread(more[i].id->text(), because(*reply.error));
        } else if (!is_absent(reply)) {
            auto const id = id_of(reply.answer->body).value_or(*more[i].id);  // in the case Azure keeps
            reading.add(id, std::move(reply.answer->body), std::move(reply.answer->etag));
        }
    }
    // ---- and what that names: a gateway, then its addresses
    for (auto next = read_along_next(reading); !next.empty(); next = read_along_next(reading)) {
        std::vector<Question> along;
        for (auto const& id : next) along.push_back(about(id));
        replies = co_await ask(along, &client);
        for (std::size_t i = 0; i < replies.size(); ++i)
            if (replies[i].answer && !is_absent(replies[i]))
                reading.add(next[i], std::move(replies[i].answer->body), std::move(replies[i].answer->etag));
    }
    for (auto const& item : lies_in_what_goes)
        if (auto const id = id_of(item)) reading.add(*id, item, {});
    match_assignments(reading);
    for (auto const& [row, designed, items] : stands_beside_it)
        for (auto const& item : items)
            if (auto const id = id_of(item); id && stands_beside(reading, *row, *designed, *id, item))
                reading.add(*id, item, {});
    co_return std::move(reading.live);
}

Task<Result<std::optional<Resource>>> one(Resource designed, azure::Client& client) {
    if (!designed.id) co_return std::nullopt;
    auto const id = *designed.id;
    auto const version = designed.api_version;
    auto answer = co_await client.get(id, version);
    if (!answer) co_return base::fail(answer.error());
    if (answer->status == 404) co_return std::nullopt;
    auto read = read_body(id, std::move(answer->body), std::move(answer->etag), designed.address, &designed);
    if (!read) co_return base::fail(read.error());
    co_return std::optional<Resource>(std::move(read->resource));
}

Task<Result<std::map<std::string, std::string>>> registrations(std::string subscription, std::vector<std::string> names,
                                                               azure::Client& client) {
    static constexpr std::string_view providers_version = "2021-04-01", features_version = "2021-07-01";
    std::vector<Question> questions;
    auto const root = "/subscriptions/" + subscription + "/providers/";
    for (auto const& name : names) {
        Question question;
        question.kind = Question::Kind::path;
        auto const slash = name.find('/');
        if (slash == std::string::npos) {
            question.path = root + name;
            question.api_version = providers_version;
        } else {
            question.path =
                root + "Microsoft.Features/providers/" + name.substr(0, slash) + "/features/" + name.substr(slash + 1);
            question.api_version = features_version;
        }
        questions.push_back(std::move(question));
    }
    auto const replies = co_await ask(questions, &client);
    std::map<std::string, std::string> states;
    for (std::size_t i = 0; i < replies.size(); ++i) {
        if (replies[i].error) co_return base::fail(*replies[i].error);
        bool const feature = names[i].find('/') != std::string::npos;
        auto const state = json::text_at(replies[i].answer->body, feature ? "properties.state" : "registrationState");
        states[names[i]] = state ? std::string(*state) : std::string("NotRegistered");
    }
    co_return states;
}

}  // namespace holdfast::readers
