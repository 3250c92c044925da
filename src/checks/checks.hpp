/// checks: judge a graph. A promise is a check: one row in data/rules.yaml and one predicate, whoever asks.
///
/// `check` runs on After (before the act), `verify` on Live (after it); the judge does not know which. Unknown is never
/// green: what could not be read or decided is `unknown`, counted and shown.
#pragma once

#include "access/access.hpp"
#include "keys/keys.hpp"
#include "network/network.hpp"
#include "resource/resource.hpp"

namespace holdfast::checks {

enum class Outcome { pass, fail, unknown, not_applicable };
enum class Severity { critical, high, medium, low, info };
std::string_view name(Outcome);
std::string_view name(Severity);

struct RuleRow {
    std::string_view id;    ///< "windows-needs-azure-cni"
    std::string_view kind;  ///< "refusal" (Azure says no) | "promise" (what we stand for) | "advice"
    Severity severity;
    std::string_view says;                           ///< the promise as a sentence: "Windows pools run on Azure CNI"
    std::string_view predicate;                      ///< the registered judgement
    std::string_view of;                             ///< the type judged, one finding each; empty: the graph as a whole
    std::string_view at;                             ///< the property judged; "^" in front: the parent's
    std::string_view wants;                          ///< accepted values, newline-separated; "(absent)", "(present)"
    std::string_view absent;                         ///< what Azure takes when it is not set; "?": cannot be said
    std::string_view when_at, when_is, when_absent;  ///< applies only where this property has one of these values
    std::string_view names;                          ///< what the predicate gathers
    std::string_view why, fix;
    std::string_view source, date;
};
std::span<RuleRow const> rules();

struct Finding {
    std::string rule;
    Outcome outcome;
    Severity severity;
    resource::Address resource;
    json::Path property;
    base::SourcePos where;
    std::string message;  ///< what was seen: the evidence
    std::string change;   ///< the property and value that would satisfy the rule, where one would
    std::string fix;
    std::string kind, says, source;
    bool foreign = false;  ///< about something that exists and is not ours to change
    bool chosen = false;   ///< fails because the design itself says so: a choice to show, not a promise broken
};
enum class Choices { aside, counted };
struct Findings {
    std::vector<Finding> findings;  ///< sorted: worst first, then rule, then resource
    std::size_t count(Outcome) const;
    std::size_t broken() const;                                  ///< failed, and not by choice
    std::size_t chosen() const;                                  ///< failed by choice
    bool blocking() const;                                       ///< a failed refusal
    bool at_or_above(Severity, Choices = Choices::aside) const;  ///< failed findings only
};
Findings inspect(resource::Graph const&);
/// Marks as chosen what fails on what stands and failed on the design alone already: it is what was asked for. So is
/// what the design could not know of an existing thing that it names. Never a refusal: what Azure refuses nobody can
/// choose.
void mark_chosen(Findings& stood, Findings const& designed);
/// holdfast/findings 1.
json::Value to_json(Findings const&, base::Date as_of);

}  // namespace holdfast::checks
