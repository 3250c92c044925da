// Private to the room: the az command that makes a resource, where az has an option for everything its body says.
#pragma once

#include "exports/words.hpp"

namespace holdfast::exports {

enum class Form { value, values, ids, tags, keys, sent };
struct CommandRow {
    std::string_view type, command;
    bool no_wait, in_group;
    std::string_view source, date;
};
struct FlagRow {
    std::string_view type, at, flag;
    Form form;
    std::string_view is, source, date;
};

/// An az command as pieces for a shell: each argument is text that may hold variables.
struct Command {
    /// "network", "nsg", "create", "--resource-group" …; what stands for %G, %N, %P and %S is the caller's to say.
    std::vector<std::string> words;
    struct Option {
        std::string flag;  ///< may be several words
        std::vector<Text> arguments;
    };
    std::vector<Option> options;
};
struct NoCommand {
    std::string because;  ///< what az has no option for; empty where no command is known at all
};
tl::expected<Command, NoCommand> command_for(resource::Resource const&, Filled const& body, Words const&);

}  // namespace holdfast::exports
