/// expression: the language inside the brackets of ARM templates, "[concat(parameters('a'), '-1')]".
///
/// Pure: what an expression may know comes in with Surroundings and Runtime. Depth, steps and sizes are bounded, so
/// that a hostile template costs no more than a refusal. Language: "Template functions", learn.microsoft.com, read
/// 2026-11-24.
#pragma once

#include "json/json.hpp"

namespace holdfast::simulator::templates {

/// Why something has no value. `later`: it will have one when more resources stand.
struct Fault {
    std::string message;
    bool later = false;
};
template <typename T>
using Got = tl::expected<T, Fault>;
tl::unexpected<Fault> fault(std::string message);
tl::unexpected<Fault> not_yet(std::string message);

/// What only a world can tell: resources as they stand.
class Runtime {
public:
    virtual ~Runtime() = default;
    /// `what` is an id, or the name or symbol of a resource of the same template.
    virtual Got<json::Value> reference(std::string_view what, bool full) const = 0;
    /// "listKeys" and its like.
    virtual Got<json::Value> list(std::string_view function, std::string_view id, std::string_view api_version,
                                  json::Value const& body) const = 0;
};

/// Where a deployment happens.
struct Surroundings {
    std::string tenant, subscription, subscription_name;
    json::Value group = nullptr;  ///< what resourceGroup() answers; null at a subscription
    json::Value environment = json::Object{};
    std::string deployment, location;  ///< its name; its place, for those of a subscription
    base::Time now{};
    std::string seed;                  ///< newGuid() is made of it
    Runtime const* runtime = nullptr;  ///< null: what stands is not known, `later`
};

/// Loops that stand around a value: copyIndex('name'); the innermost is last.
struct Loop {
    std::string name;
    std::int64_t index = 0;
};
using Loops = std::vector<Loop>;

struct Node;

/// Evaluates what one template says. Variables are evaluated when they are first asked for, once.
class Evaluator {
public:
    Evaluator(Surroundings surroundings, json::Value const& whole_template);
    ~Evaluator();
    Evaluator(Evaluator&&) noexcept;
    Evaluator& operator=(Evaluator&&) noexcept;

    /// All expressions in a value, property loops ("copy") unrolled.
    Got<json::Value> value(json::Value const&, Loops const& = {});
    Got<std::string> text(json::Value const&, Loops const& = {});
    Got<bool> truth(json::Value const&, Loops const& = {});

    json::Object& parameters() { return parameters_; }
    Surroundings const& surroundings() const { return surroundings_; }
    /// newGuid() and utcNow() are for the defaults of parameters only.
    void defaults(bool now) { in_defaults_ = now; }

    // For the functions.
    Got<json::Value> variable(std::string_view name);
    Got<json::Value> evaluate(Node const&);
    Loops const& loops() const { return loops_; }
    bool in_defaults() const { return in_defaults_; }
    json::Value const* parameter(std::string_view name) const;  ///< without case, as everywhere in templates
    json::Value const* local(std::string_view name) const;
    Got<json::Value> call_lambda(Node const& lambda, std::vector<json::Value> arguments);
    Got<json::Value> call_user_function(std::string_view name, std::vector<json::Value> arguments);
    bool spend(std::size_t steps = 1);

private:
    Got<json::Value> deep(json::Value const&);
    Got<json::Value> string(std::string_view);
    Got<json::Value> object(json::Object const&);
    Got<json::Value> unrolled(json::Object const& loop, char const* input);

    Surroundings surroundings_;
    json::Value const* template_;
    json::Object parameters_, variables_;
    std::vector<std::string> opening_;  // variables being evaluated: a second time is a cycle
    Loops loops_;
    std::vector<std::pair<std::string, json::Value>> locals_;  // of lambdas
    std::size_t steps_left_;
    int depth_ = 0;
    bool in_defaults_ = false;
};

/// An expression taken apart.
struct Node {
    enum class Kind { literal, call, member, index } kind = Kind::literal;
    json::Value value;        ///< literal
    std::string name;         ///< call, member
    std::vector<Node> parts;  ///< arguments; of member and index: what stands before, then the index
};
Got<Node> parse_expression(std::string_view text);  ///< without the outer brackets

/// Calls a template function.
Got<json::Value> call_function(Evaluator&, Node const& call);

}  // namespace holdfast::simulator::templates
