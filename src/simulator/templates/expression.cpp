#include "simulator/templates/expression.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::simulator::templates {
namespace {

constexpr std::size_t most_steps = 2'000'000;
constexpr int most_depth = 64;
constexpr std::int64_t most_copies = 800;           // Azure's limit
constexpr std::size_t longest_expression = 24'576;  // Azure's limit

bool begins_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool in_name(char c) { return begins_name(c) || std::isdigit(static_cast<unsigned char>(c)) || c == '$'; }

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}
    Got<Node> whole() {
        auto node = expression();
        if (!node) return node;
        skip();
        if (at_ != text_.size()) return unexpected();
        return node;
    }

private:
    Got<Node> expression() {
        if (++depth_ > most_depth) return fault("the expression is nested too deep");
        auto node = primary();
        while (node) {
            skip();
            if (take('.')) {
                take('?');
                auto const name = identifier();
                if (name.empty()) return unexpected();
                *node = Node{.kind = Node::Kind::member, .value = {}, .name = name, .parts = {std::move(*node)}};
            } else if (take('[')) {
                auto index = expression();
                if (!index) return index;
                skip();
                if (!take(']')) return unexpected();
                std::vector<Node> parts;
                parts.push_back(std::move(*node));
                parts.push_back(std::move(*index));
                *node = Node{.kind = Node::Kind::index, .value = {}, .name = {}, .parts = std::move(parts)};
            } else {
                break;
            }
        }
        --depth_;
        return node;
    }

    Got<Node> primary() {
        skip();
        if (at_ >= text_.size()) return fault("the expression ends too early");
        char const c = text_[at_];
        if (c == '\'') return string();
        if (c == '-' || std::isdigit(static_cast<unsigned char>(c))) return number();
        if (!begins_name(c)) return unexpected();
        auto name = identifier();
        skip();
        if (take('.')) {  // a function of the template's own: namespace.name(…)
            auto const second = identifier();
            if (second.empty()) return unexpected();
            name += "." + second;
            skip();
        }
        if (!take('(')) return fault("'" + base::printable(name) + "' is no function call");
        Node call{.kind = Node::Kind::call, .value = {}, .name = std::move(name), .parts = {}};
        skip();
        if (take(')')) return call;
        while (true) {
            auto argument = expression();
            if (!argument) return argument;
            call.parts.push_back(std::move(*argument));
            skip();
            if (take(')')) return call;
            if (!take(',')) return unexpected();
        }
    }

    Got<Node> string() {
        std::string out;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\'') {
                if (at_ + 1 >= text_.size() || text_[at_ + 1] != '\'') {
                    ++at_;
                    return Node{.kind = Node::Kind::literal, .value = json::Value(out), .name = {}, .parts = {}};
                }
                ++at_;
            }
            out.push_back(text_[at_]);
        }
        return fault("a text in the expression does not end");
    }

    Got<Node> number() {
        std::int64_t number = 0;
        auto const [end, wrong] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
        if (wrong != std::errc{}) return unexpected();
        at_ = static_cast<std::size_t>(end - text_.data());
        return Node{.kind = Node::Kind::literal, .value = json::Value(number), .name = {}, .parts = {}};
    }

    std::string identifier() {
        skip();
        auto const begin = at_;
        if (at_ < text_.size() && begins_name(text_[at_])) {
            while (at_ < text_.size() && in_name(text_[at_])) ++at_;
        }
        return std::string(text_.substr(begin, at_ - begin));
    }
    void skip() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    }
    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    tl::unexpected<Fault> unexpected() const {
        if (at_ >= text_.size()) return fault("the expression ends too early");
        return fault("the expression does not go on with '" + base::printable(text_.substr(at_, 8)) +
                     "' at character " + std::to_string(at_ + 1));
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

/// Counts one level down for as long as it lives.
class Deeper {
public:
    explicit Deeper(int& depth) : depth_(depth) { ++depth_; }
    ~Deeper() { --depth_; }
    Deeper(Deeper const&) = delete;
    Deeper& operator=(Deeper const&) = delete;

private:
    int& depth_;
};

}  // namespace

tl::unexpected<Fault> fault(std::string message) {
    return tl::unexpected(Fault{.message = std::move(message), .later = false});
}
tl::unexpected<Fault> not_yet(std::string message) {
    return tl::unexpected(Fault{.message = std::move(message), .later = true});
}

Got<Node> parse_expression(std::string_view text) {
    if (text.size() > longest_expression) return fault("the expression is longer than 24576 characters");
    return Parser(text).whole();
}

Evaluator::Evaluator(Surroundings surroundings, json::Value const& whole_template)
    : surroundings_(std::move(surroundings)), template_(&whole_template), steps_left_(most_steps) {}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

bool Evaluator::spend(std::size_t steps) {
    if (steps > steps_left_) {
        steps_left_ = 0;
        return false;
    }
    steps_left_ -= steps;
    return true;
}

Got<json::Value> Evaluator::value(json::Value const& said, Loops const& loops) {
    auto const outer = std::exchange(loops_, loops);
    auto got = deep(said);
    loops_ = outer;
    return got;
}

Got<std::string> Evaluator::text(json::Value const& said, Loops const& loops) {
    auto got = value(said, loops);
    if (!got) return tl::unexpected(std::move(got.error()));
    if (!got->is_string()) return fault("a text was expected, not " + json::write(*got).substr(0, 60));
    return std::string(got->get_string());
}

Got<bool> Evaluator::truth(json::Value const& said, Loops const& loops) {
    auto got = value(said, loops);
    if (!got) return tl::unexpected(std::move(got.error()));
    if (got->is_bool()) return got->get_bool();
    if (auto const* word = got->if_string()) {
        if (base::same_text(std::string_view(*word), "true")) return true;
        if (base::same_text(std::string_view(*word), "false")) return false;
    }
    return fault("true or false was expected, not " + json::write(*got).substr(0, 60));
}

Got<json::Value> Evaluator::deep(json::Value const& said) {
    if (!spend()) return fault("the template takes too many steps to evaluate");
    Deeper const level(depth_);
    if (depth_ > most_depth) return fault("the template is nested too deep");
    if (auto const* text = said.if_string()) return string(*text);
    if (auto const* members = said.if_object()) return object(*members);
    auto const* items = said.if_array();
    if (!items) return said;
    json::Array out;
    out.reserve(items->size());
    for (auto const& item : *items) {
        auto got = deep(item);
        if (!got) return got;
        out.push_back(std::move(*got));
    }
    return json::Value(std::move(out));
}

Got<json::Value> Evaluator::string(std::string_view text) {
    if (text.size() < 2 || text.front() != '[' || text.back() != ']') return json::Value(text);
    if (text[1] == '[') return json::Value(text.substr(1));  // "[[x]" means "[x]"
    auto const node = parse_expression(text.substr(1, text.size() - 2));
    if (!node) return fault(node.error().message + " in '" + base::printable(text.substr(0, 120)) + "'");
    return evaluate(*node);
}

Got<json::Value> Evaluator::unrolled(json::Object const& loop, char const* input) {
    auto const* name = loop.if_contains("name");
    auto const* count = loop.if_contains("count");
    auto const* each = loop.if_contains(input);
    if (!name || !name->is_string() || !count || !each)
        return fault(std::string("a copy needs name, count and ") + input);
    auto const times = deep(*count);
    if (!times) return times;
    if (!times->is_int64() || times->get_int64() < 0 || times->get_int64() > most_copies)
        return fault("a copy's count is a number from 0 to 800");
    json::Array out;
    for (std::int64_t i = 0; i < times->get_int64(); ++i) {
        loops_.push_back({std::string(name->get_string()), i});
        auto got = deep(*each);
        loops_.pop_back();
        if (!got) return got;
        out.push_back(std::move(*got));
    }
    return json::Value(std::move(out));
}

Got<json::Value> Evaluator::object(json::Object const& members) {
    json::Object out;
    for (auto const& member : members) {
        if (member.key() == "copy" && member.value().is_array()) {
            for (auto const& loop : member.value().get_array()) {
                if (!loop.is_object()) return fault("a copy is a list of objects");
                auto list = unrolled(loop.get_object(), "input");
                if (!list) return list;
                out.insert_or_assign(loop.get_object().at("name").get_string(), std::move(*list));
            }
            continue;
        }
        auto key = string(member.key());
        if (!key) return key;
        if (!key->is_string()) return fault("the name of a property is no text");
        auto got = deep(member.value());
        if (!got) return got;
        out.insert_or_assign(key->get_string(), std::move(*got));
    }
    return json::Value(std::move(out));
}

Got<json::Value> Evaluator::evaluate(Node const& node) {
    if (!spend()) return fault("the template takes too many steps to evaluate");
    Deeper const level(depth_);
    if (depth_ > most_depth) return fault("the template is nested too deep");
    if (node.kind == Node::Kind::literal) return node.value;
    if (node.kind == Node::Kind::call) return call_function(*this, node);
    auto before = evaluate(node.parts.front());
    if (!before) return before;
    json::Value key = json::Value(node.name);
    if (node.kind == Node::Kind::index) {
        auto index = evaluate(node.parts[1]);
        if (!index) return index;
        key = std::move(*index);
    }
    if (auto const* array = before->if_array()) {
        if (!key.is_int64()) return fault("a list is indexed by a number, not by " + json::write(key).substr(0, 40));
        auto const at = key.get_int64();
        if (at < 0 || static_cast<std::size_t>(at) >= array->size())
            return fault("the index " + std::to_string(at) + " is outside of a list of " +
                         std::to_string(array->size()));
        return (*array)[static_cast<std::size_t>(at)];
    }
    if (before->is_object() && key.is_string()) {
        auto const* found = json::find(*before, json::Path{}.child(std::string(key.get_string())));
        if (found) return *found;
        return fault("the property '" + base::printable(key.get_string()) + "' does not exist on the object");
    }
    return fault("'" + (key.is_string() ? base::printable(key.get_string()) : json::write(key)) +
                 "' cannot be taken of " + json::write(*before).substr(0, 60));
}

json::Value const* Evaluator::local(std::string_view name) const {
    auto const found = std::find_if(locals_.rbegin(), locals_.rend(),
                                    [&](auto const& local) { return base::same_text(local.first, name); });
    return found == locals_.rend() ? nullptr : &found->second;
}

Got<json::Value> Evaluator::call_lambda(Node const& lambda, std::vector<json::Value> arguments) {
    if (lambda.kind != Node::Kind::call || !base::same_text(lambda.name, "lambda") || lambda.parts.empty())
        return fault("lambda(…) was expected");
    auto const names = lambda.parts.size() - 1;
    if (names > arguments.size()) return fault("the lambda takes more values than it gets");
    auto const before = locals_.size();
    for (std::size_t i = 0; i < names; ++i) {
        auto name = evaluate(lambda.parts[i]);
        if (!name || !name->is_string()) return fault("a lambda's names are texts");
        locals_.emplace_back(std::string(name->get_string()), std::move(arguments[i]));
    }
    auto got = evaluate(lambda.parts.back());
    locals_.resize(before);
    return got;
}

Got<json::Value> Evaluator::call_user_function(std::string_view name, std::vector<json::Value> arguments) {
    auto const dot = name.find('.');
    for (auto const& space : json::list_at(*template_, "functions")) {
        if (!base::same_text(json::text_at(space, "namespace").value_or(""), name.substr(0, dot))) continue;
        auto const path = json::Path("members").child(std::string(name.substr(dot + 1)));
        auto const* function = json::find(space, path);
        auto const* result = function ? json::find(*function, "output.value") : nullptr;
        if (!result) break;
        json::Object given;
        auto const& wanted = json::list_at(*function, "parameters");
        if (wanted.size() != arguments.size())
            return fault("'" + std::string(name) + "' takes another number of values");
        for (std::size_t i = 0; i < wanted.size(); ++i)
            given[std::string(json::text_at(wanted[i], "name").value_or(""))] = std::move(arguments[i]);
        // Only its own parameters are in sight.
        auto const outer = std::exchange(parameters_, std::move(given));
        auto got = deep(*result);
        parameters_ = outer;
        return got;
    }
    return fault("the template has no function '" + base::printable(name) + "'");
}

json::Value const* Evaluator::parameter(std::string_view name) const {
    auto const found = std::ranges::find_if(
        parameters_, [name](auto const& one) { return base::same_text(std::string_view(one.key()), name); });
    return found == parameters_.end() ? nullptr : &found->value();
}

Got<json::Value> Evaluator::variable(std::string_view name) {
    auto const key = base::lower(name);
    if (auto const* known = variables_.if_contains(key)) return *known;
    if (std::find(opening_.begin(), opening_.end(), key) != opening_.end())
        return fault("the variable '" + base::printable(name) + "' is made of itself");
    auto const* all = json::find(*template_, "variables");
    auto const* said = all ? json::find(*all, json::Path{}.child(std::string(name))) : nullptr;
    opening_.push_back(key);
    auto const loops = std::exchange(loops_, {});
    Got<json::Value> got = fault("the template variable '" + base::printable(name) + "' is not found");
    if (said) {
        got = deep(*said);
    } else if (all) {
        for (auto const& loop : json::list_at(*all, "copy")) {
            if (loop.is_object() && base::same_text(json::text_at(loop, "name").value_or(""), name))
                got = unrolled(loop.get_object(), "input");
        }
    }
    loops_ = loops;
    opening_.pop_back();
    if (got) variables_[key] = *got;
    return got;
}

}  // namespace holdfast::simulator::templates
