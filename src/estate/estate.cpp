#include "estate/estate.hpp"

#include "estate/draft.hpp"

namespace holdfast::estate {

base::Collected<Estate> design(spec::Spec const& spec, Context const& context) {
    Draft draft(spec, context);
    design_foundation(draft);
    design_services(draft);
    design_network(draft);
    design_encryption(draft);
    design_private_ways(draft);
    design_cluster(draft);
    design_monitoring(draft);
    design_grants(draft);
    design_surroundings(draft);
    lay_over_unjudged(draft);
    draft.finish();
    if (!draft.mistakes.empty()) return tl::unexpected(std::move(draft.mistakes));
    return std::move(draft.estate);
}

}  // namespace holdfast::estate
