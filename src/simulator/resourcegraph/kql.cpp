#include "simulator/resourcegraph/kql.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace holdfast::simulator::kql {
namespace {

constexpr std::size_t longest_query = 64'000, longest_text = 1u << 20, most_rows = 200'000;
constexpr int most_depth = 48, most_stages = 500;

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
        constexpr std::string_view begins = "0123456789+-.iInN \t\n\v\f\r";  // what strtod may take
        auto const& text = value.get_string();
        if (text.empty() || begins.find(text.front()) == std::string_view::npos) return std::nullopt;
        auto const said = std::string(text);
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
    bool const texts = a.is_string() && b.is_string();
    auto const compared =
        texts ? a.get_string().compare(b.get_string()) : as_text(a).compare(as_text(b));
    return compared < 0 ? -1 : compared > 0;
}
bool equal(json::Value const& a, json::Value const& b, bool without_case) {
    if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
    if (a.is_bool() || b.is_bool()) return base::same_text(as_text(a), as_text(b));
    if (a.is_number() || b.is_number()) {
        auto const x = as_number(a), y = as_number(b);
        return x && y && *x == *y;
    }
    if (a.is_string() && b.is_string()) {
        std::string_view const x = a.get_string(), y = b.get_string();
        return without_case ? base::same_text(x, y) : x == y;
    }
    return without_case ? base::same_text(as_text(a), as_text(b)) : as_text(a) == as_text(b);
}

json::Value const* member(json::Object const& object, std::string_view name) {
    if (auto const* found = object.if_contains(name)) return found;
    for (auto const& one : object) {
        if (base::same_text(one.key(), name)) return &one.value();
    }
    return nullptr;
}
json::Value const* inside(json::Value const& value, json::Value const& key) {
    if (auto const* object = value.if_object())
        return key.is_string() ? member(*object, key.get_string()) : member(*object, as_text(key));
    if (auto const* array = value.if_array(); array && key.is_int64()) {
        auto const at = key.get_int64() < 0 ? key.get_int64() + std::int64_t(array->size()) : key.get_int64();
        if (at >= 0 && at < std::int64_t(array->size())) return &(*array)[std::size_t(at)];
    }
    return nullptr;
}
Cell inside(Cell const& value, json::Value const& key) {
    auto const* found = inside(value.get(), key);
    if (!found) return {};
    return value.is_own() ? Cell(*found) : Cell::of(*found);
}

// ------------------------------------------------------------------------------------------------ rows

/// A row on its way: one of a table, if it still is one, and what was made beside or over its columns.
struct Row {
    Table const* table = nullptr;
    Table::Handle record = nullptr;
    std::uint64_t hidden = 0;  ///< columns of the table that were taken away, a bit each
    json::Object made;

    template <typename Visit>
    void each_column(Visit visit) const {
        if (!table) return;
        auto const columns = table->columns();
        for (std::size_t at = 0; at < columns.size(); ++at)
            if (!(hidden >> at & 1u) && visit(columns[at], at)) return;
    }
    Cell column(std::string_view name) const {
        if (auto const* found = made.if_contains(name)) return Cell::of(*found);
        for (bool const exactly : {true, false}) {
            std::optional<std::size_t> found;
            each_column([&](std::string_view called, std::size_t at) {
                if (exactly ? called == name : base::same_text(called, name)) found = at;
                return found.has_value();
            });
            if (found) return table->cell(record, *found);
        }
        auto const* found = member(made, name);
        return found ? Cell::of(*found) : Cell();
    }
    void hide(std::string_view name) {
        made.erase(name);
        std::uint64_t gone = 0;
        each_column([&](std::string_view called, std::size_t at) {
            if (called == name) gone = std::uint64_t{1} << at;
            return gone != 0;
        });
        hidden |= gone;
    }
    json::Object whole() const {
        if (!table) return made;
        json::Object object;
        each_column([&](std::string_view called, std::size_t at) {
            auto const* over = made.if_contains(called);
            object[called] = over ? *over : table->cell(record, at).take();
            return false;
        });
        for (auto const& one : made) object.insert(one);  // what stands already is kept
        return object;
    }
};

using Expression = std::function<Cell(Row const&)>;
struct Named {
    std::string name;
    Expression value;
};

/// Rows, one after the other, each made when it is asked for.
class Flow {
public:
    virtual ~Flow() = default;
    virtual bool next(Row&) = 0;  ///< false: there are no more
    /// The next one is there, and nobody wants to see it.
    virtual bool pass() {
        Row row;
        return next(row);
    }
};
using Rows = std::unique_ptr<Flow>;

class Walk final : public Flow {
public:
    explicit Walk(Table& table) : table_(table) {}
    bool next(Row& row) override {
        if (!pass()) return false;
        row = {.table = &table_, .record = *last_, .hidden = 0, .made = {}};
        return true;
    }
    bool pass() override {
        auto const found = table_.next();
        if (found) last_ = found;
        return found.has_value();
    }
    std::optional<Table::Handle> last() const { return last_; }

private:
    Table& table_;
    std::optional<Table::Handle> last_;
};

/// Those that a test holds for.
class Sieve final : public Flow {
public:
    Sieve(Rows rows, std::function<bool(Row const&)> test) : rows_(std::move(rows)), test_(std::move(test)) {}
    bool next(Row& row) override {
        while (rows_->next(row))
            if (test_(row)) return true;
        return false;
    }

private:
    Rows rows_;
    std::function<bool(Row const&)> test_;
};

/// Each one changed.
class Change final : public Flow {
public:
    Change(Rows rows, std::function<void(Row&)> change) : rows_(std::move(rows)), change_(std::move(change)) {}
    bool next(Row& row) override {
        bool const more = rows_->next(row);
        if (more) change_(row);
        return more;
    }
    bool pass() override { return rows_->pass(); }

private:
    Rows rows_;
    std::function<void(Row&)> change_;
};

class First final : public Flow {
public:
    First(Rows rows, std::size_t size) : rows_(std::move(rows)), left_(size) {}
    bool next(Row& row) override { return left_ > 0 && left_-- > 0 && rows_->next(row); }
    bool pass() override { return left_ > 0 && left_-- > 0 && rows_->pass(); }

private:
    Rows rows_;
    std::size_t left_;
};

/// What can be said only when all have been seen.
class Gathered final : public Flow {
public:
    using Gather = std::function<std::vector<Row>(Flow&)>;
    Gathered(Rows rows, Gather gather) : rows_(std::move(rows)), gather_(std::move(gather)) {}
    bool next(Row& row) override {
        if (!pass()) return false;
        row = std::move(gathered_[at_ - 1]);
        return true;
    }
    bool pass() override {
        if (rows_) gathered_ = gather_(*rows_), rows_.reset();
        return at_ < gathered_.size() && ++at_ > 0;
    }

private:
    Rows rows_;
    Gather gather_;
    std::vector<Row> gathered_;
    std::size_t at_ = 0;
};

Row made_of(json::Object object) {
    return {.table = nullptr, .record = nullptr, .hidden = 0, .made = std::move(object)};
}

json::Object valued(std::vector<Named> const& columns, Row const& row) {
    json::Object object;
    for (auto const& one : columns) object.insert_or_assign(one.name, one.value(row).take());
    return object;
}

/// One aggregation over the rows of a group.
struct Sum {
    std::string name, function;
    Expression of;

    struct Total {
        std::int64_t rows = 0, hits = 0;
        double added = 0;
        json::Array list;
        std::set<std::string> seen;
        json::Value best;
    };
    void add(Total& total, Row const& row) const {
        ++total.rows;
        if (function == "count") return;
        auto const cell = of(row);
        auto const& value = cell.get();
        auto const fresh = [&] { return total.seen.insert(json::write(value)).second; };
        if (function == "countif") total.hits += as_truth(value);
        else if (function == "sum") total.added += as_number(value).value_or(0);
        else if (function == "any" || function == "take_any") better(total, value, total.best.is_null());
        else if (function == "min") better(total, value, total.best.is_null() || order(value, total.best) < 0);
        else if (function == "max") better(total, value, total.best.is_null() || order(value, total.best) > 0);
        else if (function == "make_list") total.list.push_back(value);
        else if (fresh() && function == "make_set") total.list.push_back(value);
    }
    json::Value said(Total& total) const {
        if (function == "count") return total.rows;
        if (function == "countif") return total.hits;
        if (function == "dcount") return std::int64_t(total.seen.size());
        if (function == "sum") return number_of(total.added);
        if (function.starts_with("make_")) return json::Value(std::move(total.list));
        return std::move(total.best);
    }

private:
    static void better(Total& total, json::Value const& value, bool is) {
        if (is && !value.is_null()) total.best = value;
    }
};

// ------------------------------------------------------------------------------------------------ the language

class Query {
public:
    Query(std::vector<Token> tokens, Tables const& tables) : tokens_(std::move(tokens)), tables_(tables) {}

    tl::expected<Answer, Mistake> whole(Window const& window) {
        auto rows = pipeline();
        take(";");
        if (!wrong_ && now().kind != Token::Kind::end) complain("unexpected '" + now().text + "'");
        if (wrong_) return tl::unexpected(*wrong_);
        Answer answer;
        while (answer.total < window.skip && rows->pass()) ++answer.total;
        Row row;
        while (answer.total >= window.skip && answer.rows.size() < window.size && rows->next(row)) {
            ++answer.total;
            answer.rows.push_back(row.whole());
        }
        if (is_plain_) answer.last = main_->last();
        while (window.count_all && rows->pass()) ++answer.total;
        if (wrong_) return tl::unexpected(*wrong_);
        return answer;
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
        if (wrong_) return nullptr;
        auto const place = at_;
        auto const table = name();
        if (wrong_) return nullptr;
        auto found = tables_(table);
        if (!found) {
            at_ = place;
            complain("the table '" + base::printable(table) +
                     "' is not simulated: Resources, ResourceContainers, AuthorizationResources");
            return nullptr;
        }
        opened_.push_back(std::move(found));
        auto walk = std::make_unique<Walk>(*opened_.back());
        if (!main_) main_ = walk.get();
        Rows rows = std::move(walk);
        while (!wrong_ && take("|")) {
            auto const begin = at_;
            auto const word = base::lower(name());
            using Stage = void (Query::*)(Rows&);
            struct Operator {
                std::string_view word;
                Stage stage;
                bool plain;  ///< every row of its answer is one that came, in the same order
            };
            static constexpr Operator operators[] = {
                {"where", &Query::where, true},         {"filter", &Query::where, true},
                {"extend", &Query::extend, true},       {"project", &Query::project, true},
                {"project-away", &Query::project_away, true}, {"distinct", &Query::distinct, false},
                {"summarize", &Query::summarize, false}, {"order", &Query::order_by, false},
                {"sort", &Query::order_by, false},      {"top", &Query::top, false},
                {"take", &Query::first, false},         {"limit", &Query::first, false},
                {"count", &Query::count_all, false},    {"join", &Query::join, false},
            };
            auto const* known = std::find_if(std::begin(operators), std::end(operators),
                                             [&](Operator const& row) { return row.word == word; });
            if (known == std::end(operators)) {
                at_ = begin;
                complain("the operator '" + base::printable(word) + "' is not simulated");
                break;
            }
            if (++stages_ > most_stages) return complain("the query has too many operators"), nullptr;
            is_plain_ = is_plain_ && known->plain;
            (this->*known->stage)(rows);
        }
        --depth_;
        return rows;
    }

    void where(Rows& rows) {
        auto test = expression();
        if (wrong_) return;
        rows = std::make_unique<Sieve>(std::move(rows),
                                       [test = std::move(test)](Row const& row) { return as_truth(test(row).get()); });
    }
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
        auto columns = names();
        if (wrong_) return;
        rows = std::make_unique<Change>(std::move(rows), [columns = std::move(columns)](Row& row) {
            for (auto const& one : columns) row.made.insert_or_assign(one.name, one.value(row).take());
        });
    }
    void project(Rows& rows) {
        auto columns = names();
        if (wrong_) return;
        rows = std::make_unique<Change>(std::move(rows), [columns = std::move(columns)](Row& row) {
            row = made_of(valued(columns, row));
        });
    }
    void project_away(Rows& rows) {
        std::vector<std::string> gone;
        do gone.push_back(name());
        while (!wrong_ && take(","));
        if (wrong_) return;
        rows = std::make_unique<Change>(std::move(rows), [gone = std::move(gone)](Row& row) {
            for (auto const& one : gone) row.hide(one);
        });
    }
    void distinct(Rows& rows) {
        project(rows);
        if (wrong_) return;
        auto seen = std::make_shared<std::set<std::string>>();  // of one sieve, which is copied with its test
        rows = std::make_unique<Sieve>(std::move(rows), [seen](Row const& row) {
            return seen->insert(json::write(json::Value(row.made))).second;
        });
    }

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
    void summarize(Rows& rows) {
        std::vector<Sum> sums;
        if (!is("by")) {
            do sums.push_back(sum());
            while (!wrong_ && take(","));
        }
        std::vector<Named> keys;
        if (take("by")) keys = names();
        if (wrong_) return;
        gather(rows, [sums = std::move(sums), keys = std::move(keys)](Flow& all) {
            struct Group {
                json::Object key;
                std::vector<Sum::Total> totals;
            };
            std::map<std::string, Group> groups;
            auto const group_of = [&](json::Object key) -> Group& {
                auto [at, is_new] = groups.try_emplace(json::write(json::Value(key)));
                if (is_new) at->second = {std::move(key), std::vector<Sum::Total>(sums.size())};
                return at->second;
            };
            if (keys.empty()) group_of({});
            Row row;
            while (all.next(row)) {
                auto& group = group_of(valued(keys, row));
                for (std::size_t i = 0; i < sums.size(); ++i) sums[i].add(group.totals[i], row);
            }
            std::vector<Row> out;
            for (auto& [spelled, group] : groups) {
                for (std::size_t i = 0; i < sums.size(); ++i)
                    group.key.insert_or_assign(sums[i].name, sums[i].said(group.totals[i]));
                out.push_back(made_of(std::move(group.key)));
            }
            return out;
        });
    }

    void gather(Rows& rows, Gathered::Gather how) {
        rows = std::make_unique<Gathered>(std::move(rows), std::move(how));
    }
    static std::vector<Row> all_of(Flow& flow) {
        std::vector<Row> all;
        Row row;
        while (flow.next(row)) all.push_back(std::move(row));
        return all;
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
        gather(rows, [keys = std::move(keys)](Flow& flow) {
            auto all = all_of(flow);
            std::vector<json::Value> by;
            for (auto const& row : all)
                for (auto const& key : keys) by.push_back(key.value(row).take());
            std::vector<std::size_t> places(all.size());
            for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
            std::sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
                for (std::size_t k = 0; k < keys.size(); ++k) {
                    auto const compared = order(by[a * keys.size() + k], by[b * keys.size() + k]);
                    if (compared != 0) return keys[k].up ? compared < 0 : compared > 0;
                }
                return a < b;
            });
            std::vector<Row> sorted;
            for (auto const place : places) sorted.push_back(std::move(all[place]));
            return sorted;
        });
    }
    void order_by(Rows& rows) {
        expect("by");
        if (!wrong_) sort(rows, false);
    }
    void count_all(Rows& rows) {
        gather(rows, [](Flow& all) {
            std::int64_t count = 0;
            while (all.pass()) ++count;
            std::vector<Row> one;
            one.push_back(made_of({{"Count", count}}));
            return one;
        });
    }
    std::size_t count() {
        if (now().kind != Token::Kind::number || now().text.size() > 9 ||
            !std::all_of(now().text.begin(), now().text.end(), [](unsigned char c) { return std::isdigit(c); })) {
            complain("a number was expected, not '" + now().text + "'");
            return 0;
        }
        return std::size_t(std::stoul(tokens_[at_++].text));
    }
    void first(Rows& rows) {
        auto const size = count();
        if (!wrong_) rows = std::make_unique<First>(std::move(rows), size);
    }
    void top(Rows& rows) {
        auto const size = count();
        expect("by");
        if (wrong_) return;
        sort(rows, true);
        if (!wrong_) rows = std::make_unique<First>(std::move(rows), size);
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
        auto right = wrong_ ? nullptr : pipeline();
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
        Mistake const too_many{"the join has too many rows", now().text, now().line, now().column};
        auto const others = std::shared_ptr<Flow>(std::move(right));  // of one stage, which is copied with its function
        bool const all_of_left = kind == "leftouter";
        gather(rows, [this, others, all_of_left, on = std::move(on), too_many](Flow& flow) {
            auto const key_of = [&](Row const& row, std::string Pair::*side) {
                std::string key;
                for (auto const& pair : on) key += as_text(row.column(pair.*side).get()) + "\x1f";
                return key;
            };
            std::map<std::string, std::vector<Row>> by_key;
            Row row;
            while (others->next(row)) by_key[key_of(row, &Pair::right)].push_back(std::move(row));
            std::vector<Row> out;
            while (flow.next(row)) {
                auto const found = by_key.find(key_of(row, &Pair::left));
                if (found == by_key.end()) {
                    if (all_of_left) out.push_back(row);
                    continue;
                }
                auto const own = row.whole();
                for (auto const& other : found->second) {
                    auto joined = own;
                    for (auto const& one : other.whole()) {
                        std::string called(one.key());
                        while (joined.contains(called)) called += "1";
                        joined[called] = one.value();
                    }
                    out.push_back(made_of(std::move(joined)));
                    if (out.size() > most_rows) {
                        wrong_ = too_many;
                        return std::vector<Row>();
                    }
                }
            }
            return out;
        });
    }

    // -------------------------------------------------------------------------------------------- expressions

    static Expression constant(json::Value value) {
        return [value = std::move(value)](Row const&) { return Cell::of(value); };
    }
    Expression nothing() {
        return [](Row const&) { return Cell(); };
    }
    Expression expression() {
        if (++depth_ > most_depth) {
            complain("the expression is nested too deep");
            return nothing();
        }
        auto left = conjunction();
        while (!wrong_ && take("or")) {
            auto right = conjunction();
            left = [left, right](Row const& row) {
                return Cell(as_truth(left(row).get()) || as_truth(right(row).get()));
            };
        }
        --depth_;
        return left;
    }
    Expression conjunction() {
        auto left = comparison();
        while (!wrong_ && take("and")) {
            auto right = comparison();
            left = [left, right](Row const& row) {
                return Cell(as_truth(left(row).get()) && as_truth(right(row).get()));
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
        return [left, right, holds, negated](Row const& row) {
            return Cell(holds(left(row).get(), right(row).get()) != negated);
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
        return [left, list, without_case, negated](Row const& row) {
            auto const cell = left(row);
            auto const& value = cell.get();
            bool const found = std::any_of(list.begin(), list.end(), [&](Expression const& one) {
                auto const another = one(row);
                auto const& other = another.get();
                if (auto const* many = other.if_array())
                    return std::any_of(many->begin(), many->end(),
                                       [&](auto const& item) { return equal(value, item, without_case); });
                return equal(value, other, without_case);
            });
            return Cell(found != negated);
        };
    }
    Expression sum_of() {
        auto left = path();
        while (!wrong_ && (is("+") || is("-"))) {
            bool const minus = tokens_[at_++].text == "-";
            auto right = path();
            left = [left, right, minus](Row const& row) {
                auto const a = as_number(left(row).get()), b = as_number(right(row).get());
                return a && b ? Cell(number_of(minus ? *a - *b : *a + *b)) : Cell();
            };
        }
        return left;
    }
    Expression path() {
        auto value = primary();
        while (!wrong_) {
            if (take(".")) {
                auto const key = json::Value(name());
                value = [value, key](Row const& row) { return inside(value(row), key); };
            } else if (take("[")) {
                auto const key = expression();
                expect("]");
                value = [value, key](Row const& row) { return inside(value(row), key(row).get()); };
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
            return constant(json::Value(token.text));
        }
        if (token.kind == Token::Kind::number) {
            ++at_;
            auto const parsed = json::parse(token.text);
            if (!parsed || !parsed->is_number()) {
                --at_;
                complain("'" + token.text + "' is no number");
                return nothing();
            }
            return constant(*parsed);
        }
        if (token.kind != Token::Kind::word) {
            complain("a value was expected, not '" + token.text + "'");
            return nothing();
        }
        ++at_;
        if (is("(")) return function(token);
        auto const word = base::lower(token.text);
        if (word == "true" || word == "false") return constant(json::Value(word == "true"));
        return [called = token.text](Row const& row) { return row.column(called); };
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
                 if (out.size() > longest_text) return json::Value(nullptr);  // it may double, and double again
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
        return [arguments, run = found->run](Row const& row) {
            Values values;
            for (auto const& one : arguments) values.push_back(one(row).take());
            return Cell(run(values));
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
        return constant(json::Value(std::move(list)));
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
    std::vector<std::unique_ptr<Table>> opened_;
    Walk const* main_ = nullptr;  ///< of the outermost pipeline
    bool is_plain_ = true;
    int stages_ = 0;
    std::size_t at_ = 0;
    int depth_ = 0, joins_ = 0;
    std::optional<Mistake> wrong_;
};

}  // namespace

tl::expected<Answer, Mistake> run(std::string_view query, Tables const& tables, Window window) {
    if (query.size() > longest_query) return tl::unexpected(Mistake{"the query is longer than 64000 characters", ""});
    auto tokens = tokens_of(query);
    if (!tokens) return tl::unexpected(std::move(tokens.error()));
    return Query(std::move(*tokens), tables).whole(window);
}

}  // namespace holdfast::simulator::kql
