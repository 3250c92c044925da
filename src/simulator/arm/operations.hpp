/// operations: work that outlives its request.
#pragma once

#include "simulator/arm/work.hpp"

namespace holdfast::simulator::arm {

/// What fate lets hang is looked at again after so long.
inline constexpr Duration between_looks_at_what_hangs = std::chrono::minutes(1);

/// Registers the operation and its end. With a duration of zero it has ended when this returns.
Operation& start(Work&, Operation, double seconds);
/// The end of an operation (or one more of its steps): what the event "operation" runs.
void finish(Work&, std::string const& operation_id);

/// What a failed operation wrote succeeds after all: what the event "operation.converges" runs.
void converge(Work&, std::string const& operation_id);

/// Azure-AsyncOperation, Location and Retry-After as the row says.
world::Headers polling_headers(Operation const&, ResourceBehaviour const&, Lro, int retry_after,
                               std::string_view origin);

/// Whether a path is a polling URL: "…/operations/{guid}", "…/operationresults/{guid}" and their like.
bool is_polling(Asked const&);
tl::expected<Answer, ArmError> poll(Work&, Asked const&);

/// The running operation that holds any of these keys.
Operation const* holder(Store const&, std::vector<std::string> const& locks);
Operation const* running_on(Store const&, ResourceId const&);

/// What a write of this resource excludes, with what its links lock too.
std::vector<std::string> locks_of(ResourceId const&, ResourceBehaviour const&, json::Value const& body);
ArmError conflict(Operation const&, ResourceBehaviour const&, std::string_view origin);

}  // namespace holdfast::simulator::arm
