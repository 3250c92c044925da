// The command line as a plain value. Parsing knows CLI11; nobody else does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/base.hpp"

namespace holdfast::cli {

/// One `-o FORMAT` or `-o FORMAT=FILE`.
struct Output {
    std::string format;  ///< "human", "json", "html"
    std::string file;    ///< empty: standard output
};

struct Arguments {
    std::string verb;
    std::vector<std::string> inputs;

    // where and as whom
    std::string cloud, arm_endpoint, authority, ca, subscription, tenant, sign_in, identity;
    std::string state;
    std::string world;

    // the spec
    std::vector<std::string> set, overlays;

    // output
    std::vector<Output> outputs;
    bool all = false, no_colour = false;
    std::string events;

    // judging
    std::string fail_on, live;
    bool strict = false, detailed_exitcode = false, path = false;
    std::optional<base::Date> as_of;

    // acting
    bool yes = false;
    std::vector<std::string> allow;
    double pace = 0;

    // export, completion, explain
    std::string to, parameters;

    // simulate
    int port = 8443;
    std::string speed = "1", env_file, load, directory, address = "127.0.0.1", token, weather = "calm";
    bool env = false;
    std::uint64_t seed = 1;

    Output const* output(std::string_view format) const;
};

/// What came of the command line: arguments, or text to print and a status to end with (--help, --version, mistakes).
struct Ending {
    int status;
    std::string text;
    bool to_out;
};
std::variant<Arguments, Ending> parse(std::vector<std::string> arguments);

/// Scripts for bash, zsh or fish, and the manual page in scdoc's language, both read off the same tree as --help.
std::optional<std::string> completion(std::string_view shell);
std::string manual();

}  // namespace holdfast::cli
