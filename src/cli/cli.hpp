/// cli: commands, flags, exit codes, terminal.
#pragma once

#include <string>
#include <vector>

namespace holdfast::cli {

/// The whole program. Returns the exit status.
int run(std::vector<std::string> arguments);

}  // namespace holdfast::cli
