/// requests: one call to Resource Manager, and the questions that are asked of every call.
#pragma once

#include "simulator/arm/operations.hpp"

namespace holdfast::simulator::arm {

using Said = tl::expected<Answer, ArmError>;

struct Request {
    Work& work;
    Asked const& asked;
    Store& store() const { return work.core().store; }
    std::string const& subscription() const { return work.core().options.owner.subscription; }
    bool writes() const { return asked.method != "GET" && asked.method != "HEAD"; }
};

// Each says nothing when all is well.
using Refusal = std::optional<ArmError>;

Refusal check_permission(Request const&, std::string_view action, ResourceId const& scope);
/// The api-version said, of a type (null: any well-formed one will do).
Refusal check_api_version(Request const&, std::string_view type);
/// The subscription has registered the namespace.
Refusal check_registered(Request const&, std::string_view type);
/// The groups and resources above this id stand, and take writes.
Refusal check_above(Request const&, ResourceId const&);
/// Management locks and deny assignments.
Refusal check_locks(Request const&, ResourceId const&, bool deletes);
/// Deny assignments alone: what an action that takes no lock must still obey.
Refusal check_denied(Request const&, ResourceId const&, std::string_view action);
/// If-Match, If-None-Match.
Refusal check_etag(Request const&, ResourceBehaviour const&, Stored const* existing);
/// The request's body: JSON, and for deployments JSON as template files are written.
base::Result<json::Value> parsed_body(Request const&);
/// The same as an object.
tl::expected<json::Value, ArmError> read_body(Request const&);

/// A page of a list: $top, $skiptoken, nextLink.
Answer paged(Request const&, json::Array all);

/// A page of what stands, in the order of ids. What lies behind it is not looked at, so that a page of a million costs
/// what a page of a hundred does; and what comes or goes between two pages makes none of the others appear twice or
/// not.
class Page {
public:
    explicit Page(Request const&);
    /// The lower-case id that the page before ended with; empty: this is the first.
    std::string const& after() const { return after_; }
    /// The next one. False when it is one too many: the walk is over.
    template <typename Shown>
    bool take(Stored const& stored, Shown shown) {
        more_ = values_.size() == size_;
        if (more_) return false;
        last_ = stored.id.key();
        values_.push_back(shown());
        return true;
    }
    Answer answer() &&;

private:
    Request const& request_;
    std::string after_, last_;
    std::size_t size_;
    json::Array values_;
    bool more_ = false;
};

ArmError not_found(ResourceId const&);
ArmError group_not_found(ResourceId const& group);
ArmError method_not_allowed(Request const&);

/// Any request whose caller is known: what the front does for clients, and deployments for their resources.
Said carry_out(Work&, Asked const&);

// The verbs, once the path has been understood.
Said get(Request const&, ResourceId const&, std::string const& type);
Said put(Request const&, ResourceId const&, std::string const& type);
Said patch(Request const&, ResourceId const&, std::string const& type);
Said erase(Request const&, ResourceId const&, std::string const& type);
Said list(Request const&, ResourceId const& scope, std::string const& type);
Said act(Request const&, Stored&, Action const&, std::map<std::string, std::string> parameters);
Said run_route(Request const&, Route const&, std::optional<ResourceId> const& scope,
               std::map<std::string, std::string> parameters);

// Things of the subscription itself.
Said group(Request const&, ResourceId const&);
Said list_groups(Request const&);
/// The group as a template: `az group export`.
Said export_group(Request const&, ResourceId const&);
Said list_resources(Request const&, ResourceId const& scope);
Said subscriptions(Request const&);
Said subscription(Request const&);
Said tenants(Request const&);
Said locations(Request const&);
Said list_providers(Request const&);
Said provider(Request const&, std::string_view name_space);
Said register_provider(Request const&, std::string_view name_space, bool wanted);

/// Built-in definitions of policies and initiatives, then those that stand.
Said policy_definition(Request const&, ResourceId const&);
/// 403 RequestDisallowedByPolicy where an assignment above denies what is about to be written.
std::optional<ArmError> check_policies(Request const&, ResourceId const&, std::string const& type,
                                       json::Value const& body);

/// "…/providers/Microsoft.Resources/tags/default" of anything that stands.
Said tags(Request const&, ResourceId const&);

// Lists that look up and down from their scope instead of straight below it.
Said list_role_assignments(Request const&, ResourceId const& scope);
Said list_role_definitions(Request const&, ResourceId const& scope);
Said role_definition(Request const&, ResourceId const&);
Said list_locks(Request const&, ResourceId const& scope);
Said list_permissions(Request const&, ResourceId const& scope);

/// "principalId eq 'x'" in a filter: the x, if it is asked for.
std::string filtered_by(std::string_view filter, std::string_view property);

}  // namespace holdfast::simulator::arm
