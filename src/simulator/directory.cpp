// Reads the people of a world from a small file.
#include <algorithm>
#include <set>

#include "simulator/simulator.hpp"

namespace holdfast::simulator {
namespace {

constexpr std::string_view name_space = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";

tl::unexpected<base::Error> refuse(std::string what, std::string fix) {
    return base::fail(base::ErrorCode::not_recognised, std::move(what), std::move(fix));
}

/// One entry of a list, member by member; what nobody asked for is a mistake.
class Entry {
public:
    Entry(json::Value const& value, std::string where) : value_(value), where_(std::move(where)) {}
    std::string text(char const* key) {
        known_.insert(key);
        auto const* found = json::find(value_, key);
        if (!found || found->is_null()) return {};
        if (!found->is_string()) wrong_ = where_ + "." + key + " is no text";
        return found->is_string() ? std::string(found->get_string()) : std::string();
    }
    json::Array const& list(char const* key) {
        known_.insert(key);
        return json::list_at(value_, key);
    }
    /// An object id: the one that was said, or one made from the name.
    std::string id(char const* key, std::string const& name) {
        auto said = text(key);
        if (said.empty()) return base::guid_v5(name_space, "directory/" + std::string(key) + "/" + base::lower(name));
        if (!base::is_guid(said)) wrong_ = where_ + "." + key + " is no GUID";
        return said;
    }
    std::string const& where() const { return where_; }
    std::string wrong() const {
        if (!wrong_.empty()) return wrong_;
        auto const* object = value_.if_object();
        if (!object) return where_ + " is no object";
        for (auto const& member : *object) {
            if (!known_.contains(std::string(member.key())))
                return where_ + " has a member '" + base::printable(member.key()) + "' that means nothing";
        }
        return {};
    }

private:
    json::Value const& value_;
    std::string where_, wrong_;
    std::set<std::string> known_;
};

constexpr std::string_view kinds[] = {"users", "groups", "servicePrincipals", "subscriptionsOfOthers"};
constexpr char const* help = "see docs/simulate.md, 'People'";

}  // namespace

base::Result<Directory> read_directory(std::string_view text) {
    auto parsed = json::parse(text, {.max_bytes = 4u << 20});
    if (!parsed) return base::fail(std::move(parsed.error()));
    auto const* object = parsed->if_object();
    if (!object) return refuse("a directory is a JSON object", help);
    for (auto const& member : *object) {
        if (std::ranges::find(kinds, std::string_view(member.key())) == std::end(kinds))
            return refuse("the directory has a member '" + base::printable(member.key()) + "' that means nothing",
                          help);
        if (!member.value().is_array()) return refuse("'" + std::string(member.key()) + "' is no list", help);
    }
    Directory directory;
    std::map<std::string, std::string> ids;  // everything a member may be called by -> object id
    std::string wrong;
    auto const called = [&](std::string const& name, std::string const& id) {
        if (!ids.emplace(base::lower(name), id).second && wrong.empty())
            wrong = "the directory has two entries called '" + base::printable(name) + "'";
    };
    auto const entries = [&](char const* kind, auto const& read) {
        auto const& list = json::list_at(*parsed, kind);
        for (std::size_t i = 0; i < list.size() && wrong.empty(); ++i) {
            Entry entry(list[i], std::string(kind) + "[" + std::to_string(i) + "]");
            read(entry);
            if (auto const mistake = entry.wrong(); wrong.empty() && !mistake.empty()) wrong = mistake;
        }
    };
    entries("users", [&](Entry& entry) {
        Directory::User user{.user_principal_name = entry.text("userPrincipalName"),
                             .name = entry.text("displayName"),
                             .password = entry.text("password"),
                             .role = entry.text("role")};
        if (user.user_principal_name.find('@') == std::string::npos)
            wrong = entry.where() + " needs a userPrincipalName such as ann@azsim.test";
        user.object_id = entry.id("objectId", user.user_principal_name);
        if (user.name.empty()) user.name = user.user_principal_name;
        called(user.user_principal_name, user.object_id);
        called(user.object_id, user.object_id);
        directory.users.push_back(std::move(user));
    });
    entries("servicePrincipals", [&](Entry& entry) {
        Application application{.name = entry.text("displayName"),
                                .client_secret = entry.text("secret"),
                                .certificate_pem = entry.text("certificate"),
                                .role = entry.text("role")};
        if (application.name.empty()) wrong = entry.where() + " needs a displayName";
        application.client_id = entry.id("appId", application.name);
        application.object_id = entry.id("objectId", application.name);
        for (auto const& item : entry.list("federations")) {
            Entry federation(item, entry.where() + ".federations");
            Application::Federation trusted{.issuer = federation.text("issuer"), .subject = federation.text("subject")};
            if (auto const audience = federation.text("audience"); !audience.empty()) trusted.audience = audience;
            if (auto const mistake = federation.wrong(); !mistake.empty()) wrong = mistake;
            application.federations.push_back(std::move(trusted));
        }
        called(application.name, application.object_id);
        called(application.object_id, application.object_id);
        directory.applications.push_back(std::move(application));
    });
    entries("groups", [&](Entry& entry) {
        Directory::Group group{.name = entry.text("displayName"), .role = entry.text("role")};
        if (group.name.empty()) wrong = entry.where() + " needs a displayName";
        group.object_id = entry.id("objectId", group.name);
        for (auto const& member : entry.list("members"))
            group.members.push_back(member.is_string() ? std::string(member.get_string()) : std::string());
        called(group.name, group.object_id);
        called(group.object_id, group.object_id);
        directory.groups.push_back(std::move(group));
    });
    entries("subscriptionsOfOthers", [&](Entry& entry) {
        Directory::Foreign foreign{.subscription = entry.text("subscriptionId"), .tenant = entry.text("tenantId")};
        if (!base::is_guid(foreign.subscription) || !base::is_guid(foreign.tenant))
            wrong = entry.where() + " needs subscriptionId and tenantId, GUIDs both";
        directory.foreign.push_back(std::move(foreign));
    });
    for (auto& group : directory.groups) {
        for (auto& member : group.members) {
            auto const found = ids.find(base::lower(member));
            if (found == ids.end()) {
                if (wrong.empty())
                    wrong = "the group '" + base::printable(group.name) + "' has a member '" + base::printable(member) +
                            "' that nobody is";
            } else {
                member = found->second;
            }
        }
    }
    for (auto const& role : {std::string("users"), std::string("groups"), std::string("servicePrincipals")}) {
        for (auto const& item : json::list_at(*parsed, json::Path{}.child(role))) {
            auto const said = json::text_at(item, "role");
            if (said && !said->empty() && !shapes::find_role(*said) && wrong.empty())
                wrong = "there is no built-in role '" + base::printable(*said) + "'";
        }
    }
    if (!wrong.empty()) return refuse(std::move(wrong), help);
    return directory;
}

}  // namespace holdfast::simulator
