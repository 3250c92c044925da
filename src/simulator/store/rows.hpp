/// The written form of what the store holds: one JSON object a row.
#pragma once

#include "simulator/store/store.hpp"

namespace holdfast::simulator {

json::Value to_json(Stored const&);
json::Value to_json(Principal const&);
json::Value to_json(SoftDeleted const&);
json::Value to_json(Operation const&);
json::Value to_json(Event const&);
base::Result<Stored> stored_from(json::Value const&);
Principal principal_from(json::Value const&);
base::Result<SoftDeleted> soft_deleted_from(json::Value const&);
Operation operation_from(json::Value const&);
Event event_from(json::Value const&);

}  // namespace holdfast::simulator
