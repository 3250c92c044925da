#include "cli/cli.hpp"

#include <fmt/format.h>

#include <csignal>

#include "commands.hpp"
#include "design.hpp"
#include "version.hpp"

namespace holdfast::cli {

namespace {

int schema(Arguments const& arguments, world::Terminal& terminal) {
    if (arguments.inputs.front() != "spec") {
        terminal.err(fmt::format("error: there is no schema '{}'\n  fix: holdfast schema spec\n", base::printable(arguments.inputs.front())));
        return 64;
    }
    terminal.out(json::pretty(spec::schema()));
    return 0;
}

int complete(Arguments const& arguments, world::Terminal& terminal) {
    if (arguments.inputs.front() == "man") {   // the build turns it into holdfast.1
        terminal.out(manual());
        return 0;
    }
    auto const script = completion(arguments.inputs.front());
    if (!script) {
        terminal.err("error: no completion for that shell\n  fix: holdfast completion bash, zsh or fish\n");
        return 64;
    }
    terminal.out(*script);
    return 0;
}

int version(Arguments const&, world::Terminal& terminal) {
    terminal.out(fmt::format("{}\n", kVersion));
    return 0;
}

constexpr struct {
    std::string_view verb;
    int (*run)(Arguments const&, world::Terminal&);
} kCommands[] = {
    {"check", check},     {"plan", plan},           {"apply", apply},       {"resume", resume}, {"verify", verify},
    {"destroy", destroy}, {"report", report_page},  {"explain", explain},   {"export", export_to}, {"simulate", simulate},
    {"schema", schema},   {"completion", complete}, {"version", version},
};

}  // namespace

int run(std::vector<std::string> words) {
    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an answer (EPIPE), not a death
    auto const terminal = platform::real_terminal();
    auto const parsed = parse(std::move(words));
    if (auto const* ending = std::get_if<Ending>(&parsed)) {
        if (ending->to_out)
            terminal->out(ending->text);
        else
            terminal->err(ending->text);
        return ending->status;
    }
    auto const& arguments = std::get<Arguments>(parsed);
    for (auto const& command : kCommands)
        if (command.verb == arguments.verb) return command.run(arguments, *terminal);
    return 64;
}

}  // namespace holdfast::cli
