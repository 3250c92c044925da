#include "exports/az_commands.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace holdfast::exports {

namespace {

constexpr CommandRow command_rows[] = {
#include "az_commands.inc"
};
constexpr FlagRow flag_rows[] = {
#include "az_flags.inc"
};

/// What az takes for nothing but itself. It reads files for `@…` and `x=@…` and for names that end in .json or .yaml,
/// takes `-…` for an option, and has a shorthand with quotes and brackets of its own.
bool is_harmless(std::string_view text) {
    if (text.empty() || text == "null" || std::string_view("-@").find(text[0]) != std::string_view::npos) return false;
    for (auto const* ending : {".json", ".yaml", ".yml"})
        if (base::lower(text).ends_with(ending)) return false;
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(" ._:/+-;,()").find(c) != std::string_view::npos;
    });
}
bool is_harmless(Text const& text) {
    return !text.empty() && std::ranges::all_of(text, [](Piece const& piece) {
        auto const* fixed = std::get_if<Fixed>(&piece);
        return !std::holds_alternative<Hidden>(piece) && (!fixed || is_harmless(fixed->text));
    });
}

FlagRow const* flag_for(std::string_view type, std::string const& at) {
    FlagRow const* general = nullptr;
    for (auto const& row : flag_rows) {
        if (row.at != at) continue;
        if (row.type == type) return &row;
        if (row.type == "*") general = &row;
    }
    return general;
}

/// Walks a body and turns each value into an option; the first that has none ends it.
class Reader {
public:
    Reader(std::string_view type, Filled const& body, Words const& words) : type_(type), body_(body), words_(words) {}
    std::vector<Command::Option> options;
    std::string missing;  ///< the path without an option, or with a value that az would read as something else

    void read(json::Value const& value, json::Path const& at) {
        if (!missing.empty()) return;
        if (auto const* row = flag_for(type_, at.text())) return take(*row, value, at);
        auto const* object = value.if_object();
        if (!object || object->empty()) {
            missing = at.text();
            return;
        }
        for (auto const& member : *object) read(member.value(), at.child(std::string(member.key())));
    }

private:
    std::optional<Text> text(json::Value const& value, json::Path const& at) const {
        Text out;
        if (auto const* said = value.if_string()) out = body_.text(at, *said, words_);
        else if (value.is_bool() || value.is_int64()) out = {Fixed{json::write(value)}};
        if (!is_harmless(out)) return std::nullopt;
        return out;
    }
    void add(FlagRow const& row, std::vector<std::optional<Text>> const& arguments, json::Path const& at) {
        Command::Option option{std::string(row.flag), {}};
        for (auto const& argument : arguments) {
            if (!argument) {
                missing = at.text();
                return;
            }
            option.arguments.push_back(*argument);
        }
        options.push_back(std::move(option));
    }
    void take(FlagRow const& row, json::Value const& value, json::Path const& at) {
        std::vector<std::optional<Text>> arguments;
        switch (row.form) {
            case Form::sent: {
                auto const* said = value.if_string();
                if (!said || !base::same_text(*said, row.is)) missing = at.text();
                return;
            }
            case Form::value:
                arguments.push_back(text(value, at));
                break;
            case Form::values:
            case Form::ids: {
                auto const* list = value.if_array();
                for (std::size_t i = 0; list && i < list->size(); ++i) {
                    auto const there = row.form == Form::ids ? at.child(i).child("id") : at.child(i);
                    auto const* one = row.form == Form::ids ? json::find((*list)[i], "id") : &(*list)[i];
                    bool const only_id =
                        row.form != Form::ids || ((*list)[i].is_object() && (*list)[i].as_object().size() == 1);
                    arguments.push_back(one && only_id ? text(*one, there) : std::nullopt);
                }
                break;
            }
            case Form::tags:
                if (auto const* tags = value.if_object())
                    for (auto const& tag : *tags) {
                        auto const* said = tag.value().if_string();
                        bool const harmless = said && is_harmless(tag.key()) && is_harmless(std::string_view(*said));
                        arguments.push_back(harmless
                                                ? std::optional(Text{Fixed{fmt::format(
                                                      "{}={}", std::string_view(tag.key()), std::string_view(*said))}})
                                                : std::nullopt);
                    }
                break;
            case Form::keys:
                if (auto const* map = value.if_object())
                    for (auto const& member : *map) arguments.emplace_back(words_.of(member.key()));
                break;
        }
        if (arguments.empty()) missing = at.text();
        else add(row, arguments, at);
    }

    std::string_view type_;
    Filled const& body_;
    Words const& words_;
};

}  // namespace

tl::expected<Command, NoCommand> command_for(resource::Resource const& node, Filled const& body, Words const& words) {
    auto const* row = std::ranges::find(command_rows, std::string_view(node.type), &CommandRow::type);
    if (row == std::end(command_rows)) return tl::unexpected(NoCommand{});
    auto const verb = row->command.substr(0, row->command.find(" --"));
    auto const none = [&](std::string_view what) {
        return tl::unexpected(NoCommand{fmt::format("az {} has no option for {}", verb, what)});
    };
    if (row->in_group) {
        auto const scope = node.id ? node.id->parent() : std::nullopt;
        if (!scope || scope->group().empty() || !base::same_text(scope->name(), scope->group()))
            return none("where it stands");
    }
    Reader reader(node.type, body, words);
    reader.read(body.body(), {});
    if (!reader.missing.empty()) return none(reader.missing);
    Command out;
    for (auto const& one : base::split(row->command, ' ')) out.words.push_back(one);
    out.options = std::move(reader.options);
    if (row->no_wait) out.options.push_back({"--no-wait", {}});
    return out;
}

}  // namespace holdfast::exports
