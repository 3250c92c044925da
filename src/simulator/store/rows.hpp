/// The written form of what the store holds: one JSON object a row.
#pragma once

#include "simulator/store/store.hpp"

namespace holdfast::simulator {

Time moment(json::Value const& row, char const* key);  ///< within the years that a date can have

std::string written(Stored const&);
std::string written(Principal const&);
std::string written(SoftDeleted const&);
std::string written(Operation const&);
std::string written(Event const&);
base::Result<Stored> stored_from(json::Value const&);
Principal principal_from(json::Value const&);
base::Result<SoftDeleted> soft_deleted_from(json::Value const&);
Operation operation_from(json::Value const&);
Event event_from(json::Value const&);

}  // namespace holdfast::simulator
