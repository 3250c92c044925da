// Private to the room: what a thing of ours remembers, in its tags, of what is ours in things of others. Whoever loses
// the journal finds those things by it alone, so it is written before them and forgets them only when they are gone.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::plan {

bool keeps_record(json::Value const& body);
/// Named there, or an assignment at a scope that is named there.
bool remembers(json::Value const& body, resource::ResourceId const&);

}  // namespace holdfast::plan
