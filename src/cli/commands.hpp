// One function a verb. Each reads like a table of contents of what the verb does.
#pragma once

#include "arguments.hpp"
#include "world/world.hpp"

namespace holdfast::cli {

int check(Arguments const&, world::Terminal&);
int plan(Arguments const&, world::Terminal&);
int apply(Arguments const&, world::Terminal&);
int resume(Arguments const&, world::Terminal&);
int verify(Arguments const&, world::Terminal&);
int destroy(Arguments const&, world::Terminal&);
int report_page(Arguments const&, world::Terminal&);
int explain(Arguments const&, world::Terminal&);
int export_to(Arguments const&, world::Terminal&);
int simulate(Arguments const&, world::Terminal&);

}  // namespace holdfast::cli
