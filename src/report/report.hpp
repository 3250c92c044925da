/// report: show findings, plans, runs. Draws values and knows no Azure type.
///
/// Text for terminals (`Style` says how wide and whether in colour; a symbol and a word, never colour alone) and one
/// self-contained HTML page (no external request; light and dark; phone and desktop). Everything that came from a spec
/// or a server is escaped here.
#pragma once

#include <memory>

#include "checks/checks.hpp"
#include "engine/engine.hpp"

namespace holdfast::report {

struct Style {
    bool colour = false;
    int columns = 80;
    bool unicode = true;
};

/// "cluster.yaml:7:14: error: …" with the line, caret, chain and fix. `sources`: file name -> text.
std::string errors(std::span<base::Error const>, std::map<std::string, std::string> const& sources, Style);
json::Value errors_json(std::span<base::Error const>);  ///< holdfast/errors 1
/// Values that the user wrote past the language, each with its place; empty when there are none.
std::string unjudged(std::span<estate::Estate::Unjudged const>, Style);
/// What is told in full beside a line each for choices: what is broken; choices too; and a line for all that passed.
enum class Detail { broken, choices, everything };
std::string findings(checks::Findings const&, Style, Detail = Detail::broken);
/// A decision of the spec: who took it, why, and whether it can be taken back.
struct Decision {
    std::string key, value;  ///< in the words of the spec: "network.mode"
    std::string by;          ///< "you", "profile", "default"
    std::string because;
    bool final = false;  ///< changing it later means building anew
};
/// `decided`: shown where something is created, what is FINAL first; the rest is counted.
std::string plan(plan::Plan const&, Style, std::span<Decision const> decided = {});
std::string run(engine::Run const&, Style);

/// The live view of an act: feed it events, ask it for a frame (terminal) or take its lines (log).
class Progress {
public:
    Progress(plan::Plan const&, Style);
    ~Progress();
    void feed(engine::Event const&);
    /// The whole live block, at most 20 lines: steps running and what follows each, elapsed, usual range, what each
    /// waits for and why; finished ones are a count.
    std::string frame(base::Time now) const;
    /// One or more log lines for the event, or empty when it says nothing new. Feeds it: use `feed` and `frame`, or
    /// `line`.
    std::string line(engine::Event const&);
    /// Log lines due without an event: a running step is mentioned at least every 30 s.
    std::string tick(base::Time now);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Everything the page shows.
struct Page {
    std::string title;  ///< the cluster's name
    std::string cloud, subscription, region;
    base::Date as_of;
    std::optional<engine::Run> run;
    plan::Plan plan;  ///< what the run did (or would do)
    checks::Findings findings;
    network::Map network;
    std::vector<keys::Chain> chains;
    access::Paths access;
    using Decision = report::Decision;
    std::vector<Decision> decisions;
    std::vector<estate::Estate::ByAzure> by_azure;
    std::vector<std::string> unknowns;
};
std::string html(Page const&);

}  // namespace holdfast::report
