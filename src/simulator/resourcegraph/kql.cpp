#include "simulator/resourcegraph/kql.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace holdfast::simulator::kql {
namespace {

constexpr std::size_t longest_query = 64'000, most_rows = 200'000;
constexpr int most_depth = 48;

// ------------------------------------------------------------------------------------------------ words

struct Token {
    enum class Kind { word, number, text, sign, end } kind = Kind::end;
    std::string text;
    std::size_t line = 1, column = 1;
};

tl::expected<std::vector<Token>, Mistake> tokens_of(std::string_view query) {
    std::vector<Token> tokens;
    std::size_t line = 1, begin_of_line = 0;
    auto const word_char = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    for (std::size_t i = 0; i < query.size();) {
        char const c = query[i];
        Token token{.line = line, .column = i - begin_of_line + 1};
        if (c == '\n') {
            ++line;
            begin_of_line = ++i;
            continue;
        }
        if (std::isspace(static_cast<unsigned char>(c))) {
            ++i;
            continue;
        }
        if (query.substr(i).starts_with("//")) {
            while (i < query.size() && query[i] != '\n') ++i;
            continue;
        }
        if (c == '\'' || c == '"' ||
            (c == '@' && i + 1 < query.size() && (query[i + 1] == '\'' || query[i + 1] == '"'))) {
            bool const verbatim = c == '@';
            if (verbatim) ++i;
            char const quote = query[i++];
            token.kind = Token::Kind::text;
            bool closed = false;
            while (i < query.size()) {
                if (query[i] == '\\' && !verbatim && i + 1 < query.size()) {
                    char const escaped = query[i + 1];
                    token.text.push_back(escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped);
                    i += 2;
                } else if (query[i] == quote) {
                    ++i;
                    closed = true;
                    break;
                } else {
                    token.text.push_back(query[i++]);
                }
            }
            if (!closed) return tl::unexpected(Mistake{"a text does not end", "", token.line, token.column});
        } else if (std::isdigit(static_cast<unsigned char>(c))) {
            token.kind = Token::Kind::number;
            while (i < query.size() && (word_char(query[i]) || query[i] == '.')) token.text.push_back(query[i++]);
        } else if (word_char(c) || c == '$') {
            token.kind = Token::Kind::word;
            token.text.push_back(query[i++]);
            while (i < query.size() && word_char(query[i])) token.text.push_back(query[i++]);
            // Operators such as "project-away" and "in~" are one word.
            for (std::string_view const tail : {"-away", "-rename", "-keep", "-reorder", "-expand"}) {
                if (query.substr(i).starts_with(tail)) {
                    token.text += tail;
                    i += tail.size();
                }
            }
            if (i < query.size() && query[i] == '~' && base::same_text(token.text, "in"))
                token.text.push_back(query[i++]);
        } else {
            token.kind = Token::Kind::sign;
            auto const two = query.substr(i, 2);
            bool const pair = two == "==" || two == "=~" || two == "!=" || two == "!~" || two == "<=" || two == ">=";
            token.text = pair ? std::string(two) : std::string(1, c);
            i += token.text.size();
        }
        tokens.push_back(std::move(token));
    }
    tokens.push_back({.kind = Token::Kind::end, .text = {}, .line = line, .column = query.size() - begin_of_line + 1});
    return tokens;
}

// ------------------------------------------------------------------------------------------------ values

std::string as_text(json::Value const& value) {
    if (value.is_null()) return {};
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_bool()) return value.get_bool() ? "True" : "False";
    return boost::json::serialize(value);
}
bool as_truth(json::Value const& value) {
    if (value.is_bool()) return value.get_bool();
    if (value.is_string()) return base::same_text(std::string_view(value.get_string()), "true");
    return value.is_number() && value.to_number<double>() != 0;
}
std::optional<double> as_number(json::Value const& value) {
    if (value.is_number()) return value.to_number<double>();
    if (value.is_string()) {
        auto const said = std::string(value.get_string());
        char* end = nullptr;
        auto const number = std::strtod(said.c_str(), &end);
        if (!said.empty() && *end == '\0') return number;
    }
    return std::nullopt;
}
/// Whole where it is, as far as doubles hold every whole number.
json::Value number_of(double value) {
    bool const whole = std::abs(value) < 9e15 && value == double(std::int64_t(value));
    return whole ? json::Value(std::int64_t(value)) : json::Value(value);
}
int order(json::Value const& a, json::Value const& b) {
    if (a.is_null() || b.is_null()) return int(!a.is_null()) - int(!b.is_null());
    if (auto const x = as_number(a), y = as_number(b); x && y) return *x < *y ? -1 : *x > *y;
    auto const compared = as_text(a).compare(as_text(b));
    return compared < 0 ? -1 : compared > 0;
}
bool equal(json::Value const& a, json::Value const& b, bool without_case) {
    if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
    if (a.is_bool() || b.is_bool()) return base::same_text(as_text(a), as_text(b));
    if (a.is_number() || b.is_number()) {
        auto const x = as_number(a), y = as_number(b);
        return x && y && *x == *y;
    }
    return without_case ? base::same_text(as_text(a), as_text(b)) : as_text(a) == as_text(b);
}

/// An expression over one row.
using Expression = std::function<json::Value(json::Object const&)>;

json::Value const* column(json::Object const& row, std::string_view name) {
    if (auto const* found = row.if_contains(name)) return found;
    for (auto const& member : row) {
        if (base::same_text(member.key(), name)) return &member.value();
    }
    return nullptr;
}
json::Value inside(json::Value const& value, json::Value const& key) {
    if (auto const* object = value.if_object()) {
        auto const* found = column(*object, as_text(key));
        return found ? *found : json::Value(nullptr);
    }
    if (auto const* array = value.if_array(); array && key.is_int64()) {
        auto const at = key.get_int64() < 0 ? key.get_int64() + std::int64_t(array->size()) : key.get_int64();
        if (at >= 0 && at < std::int64_t(array->size())) return (*array)[std::size_t(at)];
    }
    return nullptr;
}

// ------------------------------------------------------------------------------------------------ the language

class Query {
public:
    Query(std::vector<Token> tokens, Tables const& tables) : tokens_(std::move(tokens)), tables_(tables) {}

    tl::expected<Rows, Mistake> whole() {
        auto rows = pipeline();
        take(";");
        if (!wrong_ && now().kind != Token::Kind::end) complain("unexpected '" + now().text + "'");
        if (wrong_) return tl::unexpected(*wrong_);
        return rows;
    }

private:
    Token const& now() const { return tokens_[at_]; }
    bool is(std::string_view text) const {
        return (now().kind == Token::Kind::word || now().kind == Token::Kind::sign) &&
               base::same_text(now().text, text);
    }
    bool take(std::string_view text) {
        if (!is(text)) return false;
        ++at_;
        return true;
    }
    void complain(std::string message) {
        if (!wrong_) wrong_ = Mistake{std::move(message), now().text, now().line, now().column};
    }
    void expect(std::string_view text) {
        if (!take(text)) complain("'" + std::string(text) + "' was expected, not '" + now().text + "'");
    }
    std::string name() {
        if (now().kind != Token::Kind::word) {
            complain("a name was expected, not '" + now().text + "'");
            return {};
        }
        return tokens_[at_++].text;
    }

    Rows pipeline() {
        if (++depth_ > most_depth) complain("the query is nested too deep");
        Rows rows;
        if (wrong_) return rows;
        auto const place = at_;
        auto const table = name();
        if (wrong_) return rows;
        auto found = tables_(table);
        if (!found) {
            at_ = place;
            complain("the table '" + base::printable(table) +
                     "' is not simulated: Resources, ResourceContainers, AuthorizationResources");
            return rows;
        }
        rows = std::move(*found);
        while (!wrong_ && take("|")) {
            auto const begin = at_;
            auto const word = base::lower(name());
            if (word == "where" || word == "filter") where(rows);
            else if (word == "extend") extend(rows);
            else if (word == "project") project(rows);
            else if (word == "project-away") project_away(rows);
            else if (word == "distinct") distinct(rows);
            else if (word == "summarize") summarize(rows);
            else if (word == "order" || word == "sort") order_by(rows);
            else if (word == "top") top(rows);
            else if (word == "take" || word == "limit") cut(rows, count());
            else if (word == "count") rows = {json::Object{{"Count", std::int64_t(rows.size())}}};
            else if (word == "join") join(rows);
            else {
                at_ = begin;
                complain("the operator '" + base::printable(word) + "' is not simulated");
            }
        }
        --depth_;
        return rows;
    }

    void where(Rows& rows) {
        auto const test = expression();
        if (wrong_) return;
        std::erase_if(rows, [&](json::Object const& row) { return !as_truth(test(row)); });
    }
    struct Named {
        std::string name;
        Expression value;
    };
    /// "a = expression" or "path.to.column", which is called by its last part (with underscores, as Kusto does).
    Named named() {
        if (now().kind == Token::Kind::word && at_ + 1 < tokens_.size() && tokens_[at_ + 1].text == "=" &&
            tokens_[at_ + 1].kind == Token::Kind::sign) {
            auto const called = name();
            ++at_;
            return {called, expression()};
        }
        auto const begin = at_;
        auto value = expression();
        std::string called;
        for (auto i = begin; i < at_; ++i) {
            if (tokens_[i].kind == Token::Kind::word || tokens_[i].kind == Token::Kind::text) {
                if (!called.empty()) called += "_";
                called += tokens_[i].text;
            }
        }
        if (called.empty()) called = "Column1";
        return {called, value};
    }
    std::vector<Named> names() {
        std::vector<Named> all;
        do all.push_back(named());
        while (!wrong_ && take(","));
        return all;
    }
    void extend(Rows& rows) {
        auto const columns = names();
        if (wrong_) return;
        for (auto& row : rows) {
            for (auto const& one : columns) row.insert_or_assign(one.name, one.value(row));
        }
    }
    void project(Rows& rows) {
        auto const columns = names();
        if (wrong_) return;
        for (auto& row : rows) {
            json::Object kept;
            for (auto const& one : columns) kept.insert_or_assign(one.name, one.value(row));
            row = std::move(kept);
        }
    }
    void project_away(Rows& rows) {
        std::vector<std::string> gone;
        do gone.push_back(name());
        while (!wrong_ && take(","));
        for (auto& row : rows) {
            for (auto const& one : gone) row.erase(one);
        }
    }
    void distinct(Rows& rows) {
        project(rows);
        std::set<std::string> seen;
        std::erase_if(rows,
                      [&](json::Object const& row) { return !seen.insert(json::write(json::Value(row))).second; });
    }

    struct Sum {
        std::string name, function;
        Expression of;
    };
    Sum sum() {
        Sum one;
        if (tokens_[std::min(at_ + 1, tokens_.size() - 1)].text == "=") {
            one.name = name();
            ++at_;
        }
        auto const begin = at_;
        one.function = base::lower(name());
        constexpr std::string_view known[] = {"count", "countif",  "dcount", "make_list", "make_set",
                                              "any",   "take_any", "min",    "max",       "sum"};
        if (!wrong_ && std::find(std::begin(known), std::end(known), one.function) == std::end(known)) {
            at_ = begin;
            complain("the aggregation '" + one.function + "' is not simulated");
            return one;
        }
        expect("(");
        if (!is(")")) one.of = expression();
        expect(")");
        if (one.name.empty()) one.name = one.function + "_";
        if (!wrong_ && !one.of && one.function != "count") complain("'" + one.function + "' needs a value");
        return one;
    }
    static json::Value total(Sum const& one, std::vector<json::Object const*> const& rows) {
        if (one.function == "count") return std::int64_t(rows.size());
        json::Array list;
        std::set<std::string> seen;
        json::Value best;
        double added = 0;
        std::int64_t hits = 0;
        for (auto const* row : rows) {
            auto value = one.of(*row);
            if (one.function == "countif") hits += as_truth(value);
            if (one.function == "sum") added += as_number(value).value_or(0);
            bool const fresh = seen.insert(json::write(value)).second;
            if ((one.function == "any" || one.function == "take_any") && best.is_null()) best = value;
            if (one.function == "min" && !value.is_null() && (best.is_null() || order(value, best) < 0)) best = value;
            if (one.function == "max" && !value.is_null() && (best.is_null() || order(value, best) > 0)) best = value;
            if (one.function == "make_list" || (one.function == "make_set" && fresh)) list.push_back(std::move(value));
        }
        if (one.function == "countif") return hits;
        if (one.function == "dcount") return std::int64_t(seen.size());
        if (one.function == "sum") return number_of(added);
        if (one.function.starts_with("make_")) return json::Value(std::move(list));
        return best;
    }
    void summarize(Rows& rows) {
        std::vector<Sum> sums;
        if (!is("by")) {
            do sums.push_back(sum());
            while (!wrong_ && take(","));
        }
        std::vector<Named> keys;
        if (take("by")) keys = names();
        if (wrong_) return;
        std::map<std::string, std::pair<json::Object, std::vector<json::Object const*>>> groups;
        for (auto const& row : rows) {
            json::Object key;
            for (auto const& one : keys) key.insert_or_assign(one.name, one.value(row));
            auto const spelled = json::write(json::Value(key));
            auto& group = groups[spelled];
            group.first = std::move(key);
            group.second.push_back(&row);
        }
        if (keys.empty() && groups.empty()) groups[""] = {};
        Rows out;
        for (auto& [spelled, group] : groups) {
            auto row = std::move(group.first);
            for (auto const& one : sums) row.insert_or_assign(one.name, total(one, group.second));
            out.push_back(std::move(row));
        }
        rows = std::move(out);
    }

    void sort(Rows& rows, bool only_one) {
        struct Key {
            Expression value;
            bool up;
        };
        std::vector<Key> keys;
        do {
            auto value = expression();
            bool up = false;  // Kusto's default
            if (take("asc")) up = true;
            else take("desc");
            keys.push_back({std::move(value), up});
        } while (!wrong_ && !only_one && take(","));
        if (wrong_) return;
        std::vector<std::size_t> places(rows.size());
        for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
        std::sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
            for (auto const& key : keys) {
                auto const compared = order(key.value(rows[a]), key.value(rows[b]));
                if (compared != 0) return key.up ? compared < 0 : compared > 0;
            }
            return a < b;
        });
        Rows sorted;
        for (auto const place : places) sorted.push_back(std::move(rows[place]));
        rows = std::move(sorted);
    }
    void order_by(Rows& rows) {
        expect("by");
        if (!wrong_) sort(rows, false);
    }
    std::size_t count() {
        if (now().kind != Token::Kind::number || now().text.size() > 9 ||
            !std::all_of(now().text.begin(), now().text.end(), [](unsigned char c) { return std::isdigit(c); })) {
            complain("a number was expected, not '" + now().text + "'");
            return 0;
        }
        return std::size_t(std::stoul(tokens_[at_++].text));
    }
    void cut(Rows& rows, std::size_t size) {
        if (!wrong_ && rows.size() > size) rows.resize(size);
    }
    void top(Rows& rows) {
        auto const size = count();
        expect("by");
        if (wrong_) return;
        sort(rows, true);
        cut(rows, size);
    }

    void join(Rows& rows) {
        std::string kind = "innerunique";
        if (take("kind")) {
            expect("=");
            kind = base::lower(name());
        }
        if (!wrong_ && kind != "inner" && kind != "innerunique" && kind != "leftouter") {
            --at_;
            complain("a join of kind '" + base::printable(kind) + "' is not simulated");
        }
        if (++joins_ > 5) complain("a query has at most five joins");
        expect("(");
        auto right = wrong_ ? Rows{} : pipeline();
        expect(")");
        expect("on");
        struct Pair {
            std::string left, right;
        };
        std::vector<Pair> on;
        do {
            auto first = name();
            if (first == "$left" || first == "$right") {
                bool const turned = first == "$right";
                expect(".");
                auto a = name();
                expect("==");
                name();
                expect(".");
                auto b = name();
                on.push_back(turned ? Pair{b, a} : Pair{a, b});
            } else {
                on.push_back({first, first});
            }
        } while (!wrong_ && take(","));
        if (wrong_) return;
        std::map<std::string, std::vector<json::Object const*>> by_key;
        auto const key_of = [&](json::Object const& row, bool left) {
            std::string key;
            for (auto const& pair : on) {
                auto const* value = column(row, left ? pair.left : pair.right);
                key += (value ? as_text(*value) : "") + "\x1f";
            }
            return key;
        };
        for (auto const& row : right) by_key[key_of(row, false)].push_back(&row);
        Rows out;
        for (auto const& row : rows) {
            auto const found = by_key.find(key_of(row, true));
            if (found == by_key.end()) {
                if (kind == "leftouter") out.push_back(row);
                continue;
            }
            for (auto const* other : found->second) {
                auto joined = row;
                for (auto const& member : *other) {
                    std::string called(member.key());
                    while (joined.contains(called)) called += "1";
                    joined[called] = member.value();
                }
                out.push_back(std::move(joined));
                if (out.size() > most_rows) return complain("the join has too many rows");
            }
        }
        rows = std::move(out);
    }

    // -------------------------------------------------------------------------------------------- expressions

    Expression nothing() {
        return [](json::Object const&) { return json::Value(nullptr); };
    }
    Expression expression() {
        if (++depth_ > most_depth) {
            complain("the expression is nested too deep");
            return nothing();
        }
        auto left = conjunction();
        while (!wrong_ && take("or")) {
            auto right = conjunction();
            left = [left, right](json::Object const& row) {
                return json::Value(as_truth(left(row)) || as_truth(right(row)));
            };
        }
        --depth_;
        return left;
    }
    Expression conjunction() {
        auto left = comparison();
        while (!wrong_ && take("and")) {
            auto right = comparison();
            left = [left, right](json::Object const& row) {
                return json::Value(as_truth(left(row)) && as_truth(right(row)));
            };
        }
        return left;
    }
    Expression comparison() {
        auto left = sum_of();
        if (wrong_) return left;
        bool const negated = is("!") && tokens_[at_ + 1].kind == Token::Kind::word;
        if (negated) ++at_;
        auto const word = base::lower(now().text);
        if (now().kind == Token::Kind::text || now().kind == Token::Kind::number) return left;
        if (word == "in" || word == "in~") {
            ++at_;
            return among(left, word == "in~", negated);
        }
        struct Test {
            std::string_view word;
            bool (*holds)(json::Value const&, json::Value const&);
        };
        static constexpr Test tests[] = {
            {"==", [](auto const& a, auto const& b) { return equal(a, b, false); }},
            {"!=", [](auto const& a, auto const& b) { return !equal(a, b, false); }},
            {"=~", [](auto const& a, auto const& b) { return equal(a, b, true); }},
            {"!~", [](auto const& a, auto const& b) { return !equal(a, b, true); }},
            {"<", [](auto const& a, auto const& b) { return !a.is_null() && order(a, b) < 0; }},
            {"<=", [](auto const& a, auto const& b) { return !a.is_null() && order(a, b) <= 0; }},
            {">", [](auto const& a, auto const& b) { return !a.is_null() && order(a, b) > 0; }},
            {">=", [](auto const& a, auto const& b) { return !a.is_null() && order(a, b) >= 0; }},
            {"contains",
             [](auto const& a, auto const& b) {
                 return base::lower(as_text(a)).find(base::lower(as_text(b))) != std::string::npos;
             }},
            {"has", [](auto const& a, auto const& b) { return has(as_text(a), as_text(b)); }},
            {"startswith", [](auto const& a, auto const& b) { return base::starts_with_text(as_text(a), as_text(b)); }},
            {"endswith",
             [](auto const& a, auto const& b) { return base::lower(as_text(a)).ends_with(base::lower(as_text(b))); }},
        };
        auto const* test =
            std::find_if(std::begin(tests), std::end(tests), [&](Test const& row) { return row.word == word; });
        if (test == std::end(tests)) {
            constexpr std::string_view others[] = {"matches", "hasprefix", "between",    "has_any",
                                                   "has_all", "has_cs",    "contains_cs"};
            if (negated || std::find(std::begin(others), std::end(others), word) != std::end(others))
                complain("the operator '" + base::printable(word) + "' is not simulated");
            return left;
        }
        ++at_;
        auto right = sum_of();
        auto const holds = test->holds;
        return [left, right, holds, negated](json::Object const& row) {
            return json::Value(holds(left(row), right(row)) != negated);
        };
    }
    /// Whole words only.
    static bool has(std::string const& text, std::string const& word) {
        auto const where = base::lower(text), what = base::lower(word);
        auto const edge = [&](std::size_t i) {
            return i >= where.size() || !std::isalnum(static_cast<unsigned char>(where[i]));
        };
        for (auto at = where.find(what); at != std::string::npos && !what.empty(); at = where.find(what, at + 1)) {
            if ((at == 0 || edge(at - 1)) && edge(at + what.size())) return true;
        }
        return false;
    }
    Expression among(Expression left, bool without_case, bool negated) {
        expect("(");
        std::vector<Expression> list;
        do list.push_back(expression());
        while (!wrong_ && take(","));
        expect(")");
        return [left, list, without_case, negated](json::Object const& row) {
            auto const value = left(row);
            bool const found = std::any_of(list.begin(), list.end(), [&](Expression const& one) {
                auto const other = one(row);
                if (auto const* many = other.if_array())
                    return std::any_of(many->begin(), many->end(),
                                       [&](auto const& item) { return equal(value, item, without_case); });
                return equal(value, other, without_case);
            });
            return json::Value(found != negated);
        };
    }
    Expression sum_of() {
        auto left = path();
        while (!wrong_ && (is("+") || is("-"))) {
            bool const minus = tokens_[at_++].text == "-";
            auto right = path();
            left = [left, right, minus](json::Object const& row) {
                auto const a = as_number(left(row)), b = as_number(right(row));
                if (!a || !b) return json::Value(nullptr);
                return number_of(minus ? *a - *b : *a + *b);
            };
        }
        return left;
    }
    Expression path() {
        auto value = primary();
        while (!wrong_) {
            if (take(".")) {
                auto const key = json::Value(name());
                value = [value, key](json::Object const& row) { return inside(value(row), key); };
            } else if (take("[")) {
                auto const key = expression();
                expect("]");
                value = [value, key](json::Object const& row) { return inside(value(row), key(row)); };
            } else {
                break;
            }
        }
        return value;
    }
    Expression primary() {
        auto const token = now();
        if (take("(")) {
            auto value = expression();
            expect(")");
            return value;
        }
        if (token.kind == Token::Kind::text) {
            ++at_;
            return [value = json::Value(token.text)](json::Object const&) { return value; };
        }
        if (token.kind == Token::Kind::number) {
            ++at_;
            auto const parsed = json::parse(token.text);
            if (!parsed || !parsed->is_number()) {
                --at_;
                complain("'" + token.text + "' is no number");
                return nothing();
            }
            return [value = *parsed](json::Object const&) { return value; };
        }
        if (token.kind != Token::Kind::word) {
            complain("a value was expected, not '" + token.text + "'");
            return nothing();
        }
        ++at_;
        if (is("(")) return function(token);
        auto const word = base::lower(token.text);
        if (word == "true" || word == "false")
            return [value = word == "true"](json::Object const&) { return json::Value(value); };
        return [called = token.text](json::Object const& row) {
            auto const* found = column(row, called);
            return found ? *found : json::Value(nullptr);
        };
    }

    using Arguments = std::vector<Expression>;
    Expression function(Token const& token) {
        struct Function {
            std::string_view name;
            std::size_t least, most;
            json::Value (*run)(std::vector<json::Value> const&);
        };
        using Values = std::vector<json::Value>;
        static constexpr Function functions[] = {
            {"tostring", 1, 1, [](Values const& v) { return json::Value(as_text(v[0])); }},
            {"tolower", 1, 1, [](Values const& v) { return json::Value(base::lower(as_text(v[0]))); }},
            {"toupper", 1, 1,
             [](Values const& v) {
                 auto out = as_text(v[0]);
                 for (auto& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
                 return json::Value(out);
             }},
            {"toint", 1, 1, whole},
            {"tolong", 1, 1, whole},
            {"tobool", 1, 1, [](Values const& v) { return json::Value(as_truth(v[0])); }},
            {"todynamic", 1, 1, dynamic},
            {"parse_json", 1, 1, dynamic},
            {"dynamic", 1, 1, dynamic},
            {"isempty", 1, 1, [](Values const& v) { return json::Value(as_text(v[0]).empty()); }},
            {"isnotempty", 1, 1, [](Values const& v) { return json::Value(!as_text(v[0]).empty()); }},
            {"isnull", 1, 1, [](Values const& v) { return json::Value(v[0].is_null()); }},
            {"isnotnull", 1, 1, [](Values const& v) { return json::Value(!v[0].is_null()); }},
            {"not", 1, 1, [](Values const& v) { return json::Value(!as_truth(v[0])); }},
            {"iff", 3, 3, [](Values const& v) { return v[as_truth(v[0]) ? 1 : 2]; }},
            {"iif", 3, 3, [](Values const& v) { return v[as_truth(v[0]) ? 1 : 2]; }},
            {"strcat", 1, 64,
             [](Values const& v) {
                 std::string out;
                 for (auto const& one : v) out += as_text(one);
                 return json::Value(out);
             }},
            {"strlen", 1, 1, [](Values const& v) { return json::Value(std::int64_t(as_text(v[0]).size())); }},
            {"array_length", 1, 1,
             [](Values const& v) {
                 return v[0].is_array() ? json::Value(std::int64_t(v[0].get_array().size())) : json::Value(nullptr);
             }},
            {"coalesce", 1, 64,
             [](Values const& v) {
                 for (auto const& one : v) {
                     if (!one.is_null()) return one;
                 }
                 return json::Value(nullptr);
             }},
            {"split", 2, 2,
             [](Values const& v) {
                 json::Array out;
                 auto const separator = as_text(v[1]);
                 if (separator.size() == 1) {
                     for (auto const& part : base::split(as_text(v[0]), separator[0])) out.emplace_back(part);
                 }
                 return json::Value(std::move(out));
             }},
            {"bag_keys", 1, 1,
             [](Values const& v) {
                 json::Array out;
                 if (auto const* object = v[0].if_object()) {
                     for (auto const& member : *object) out.emplace_back(member.key());
                 }
                 return json::Value(std::move(out));
             }},
        };
        auto const* found = std::find_if(std::begin(functions), std::end(functions),
                                         [&](Function const& row) { return base::same_text(row.name, token.text); });
        if (found == std::end(functions)) {
            --at_;
            complain("the function '" + base::printable(token.text) + "' is not simulated");
            return nothing();
        }
        expect("(");
        Arguments arguments;
        if (base::same_text(token.text, "dynamic")) {  // its literal is JSON: ['a', 'b']
            arguments.push_back(literal_list());
        } else if (!is(")")) {
            do arguments.push_back(expression());
            while (!wrong_ && take(","));
        }
        expect(")");
        if (!wrong_ && (arguments.size() < found->least || arguments.size() > found->most))
            complain("the function '" + token.text + "' takes another number of values");
        return [arguments, run = found->run](json::Object const& row) {
            Values values;
            for (auto const& one : arguments) values.push_back(one(row));
            return run(values);
        };
    }
    Expression literal_list() {
        json::Array list;
        expect("[");
        while (!wrong_ && !is("]")) {
            if (now().kind != Token::Kind::text && now().kind != Token::Kind::number)
                complain("a list of texts was expected");
            else list.emplace_back(tokens_[at_++].text);
            if (!take(",")) break;
        }
        expect("]");
        return [value = json::Value(std::move(list))](json::Object const&) { return value; };
    }
    static json::Value whole(std::vector<json::Value> const& v) {
        auto const number = as_number(v[0]);
        return number && std::abs(*number) < 9e18 ? json::Value(std::int64_t(*number)) : json::Value(nullptr);
    }
    static json::Value dynamic(std::vector<json::Value> const& v) {
        if (!v[0].is_string()) return v[0];
        auto parsed = json::parse(std::string_view(v[0].get_string()));
        return parsed ? *parsed : v[0];
    }

    std::vector<Token> tokens_;
    Tables const& tables_;
    std::size_t at_ = 0;
    int depth_ = 0, joins_ = 0;
    std::optional<Mistake> wrong_;
};

}  // namespace

tl::expected<Rows, Mistake> run(std::string_view query, Tables const& tables) {
    if (query.size() > longest_query) return tl::unexpected(Mistake{"the query is longer than 64000 characters", ""});
    auto tokens = tokens_of(query);
    if (!tokens) return tl::unexpected(std::move(tokens.error()));
    return Query(std::move(*tokens), tables).whole();
}

}  // namespace holdfast::simulator::kql
