/// Overlays and --set, laid over the base file before anything is judged: every part keeps the position it came from.
#pragma once

#include "language.hpp"

namespace holdfast::spec {

/// `egress: natGateway` becomes `egress: {by: natGateway}`, so that an overlay can add to it.
void expand_short_forms(yaml::Node& root);
/// Maps by key, lists of named maps by name, anything else replaced. A null takes the base's word back.
void lay_over(yaml::Node& base, yaml::Node over);
/// One `--set key=value`, the `number`th. The key may name list entries: pools[system].count, pools.system.count,
/// pools[0].count.
void set_value(yaml::Node& root, std::string_view key, std::string_view value, int number,
               std::vector<base::Error>& mistakes);

/// `{file: PATH}` becomes the text in the file, where the row takes text from files; it keeps the position of PATH.
void put_files(yaml::Node& root, std::string folder, decltype(Overrides::file) const& read,
               std::vector<base::Error>& mistakes);

}  // namespace holdfast::spec
