/// journal: what the engine promises to remember.
///
/// One file a run, one JSON object a line, appended and flushed before the act it describes (`intend`) and after it
/// (`done`). A crash may tear only the last line; whoever takes the run up again says so in a `resume` record, so that
/// a torn line in the middle is explained and any other broken line is corruption. Reading the file back yields the
/// state of the run; nothing else is stored. If a step is intended but not done, the answer is not in the file: ask
/// Azure, then go on. Losing the file loses nothing: `apply` from elsewhere ends the same. No secret is ever in it.
/// About 400 KB for 1,000 steps, so it is read whole, never compacted.
#pragma once

#include "world/world.hpp"

namespace holdfast::journal {

using base::Result;

enum class Kind { begin, resume, intend, accepted, done, failed, end };
std::string_view name(Kind);

struct Record {
    Kind kind = Kind::begin;
    base::Time at;
    std::string step;  ///< step id; empty for begin, resume, end
    json::Value data;  ///< begin: the plan; resume: {torn}; accepted: {poll}; done: {outputs, id};
                       ///< failed: {error, unknown: true where Azure did not say how it ended}; end: {outcome}
};
/// One line of the file, with its newline.
std::string line(Record const&);

/// What a file says of its run.
struct RunState {
    std::string run;                          ///< "20261124T182500Z-4f2a"
    json::Value plan;                         ///< null: the run died before its first record was whole; it did nothing
    std::map<std::string, json::Value> done;  ///< step -> outputs
    std::map<std::string, std::string> in_flight;  ///< begun and not done, failed or not: step -> polling url, or empty
    std::map<std::string, json::Value> failed;
    std::optional<std::string> outcome;  ///< succeeded | failed | interrupted; nullopt: died
    base::Time begun, last;
    bool torn = false;  ///< the last line was cut off, and ignored
};

class Journal {
public:
    /// Starts a new run's file in `folder`/runs.
    static Result<Journal> create(world::Files&, std::string folder, std::string run, json::Value plan, base::Time);
    /// Continues one: reads it and appends after the torn tail, if any, is closed by a newline.
    static Result<Journal> reopen(world::Files&, std::string folder, std::string run, base::Time);
    /// On stable storage when it returns. After a failure nothing more is written: the file must not have a hole.
    Result<void> write(Record);
    RunState const& state() const { return state_; }

private:
    Journal(std::unique_ptr<world::AppendFile> file, RunState state)
        : file_(std::move(file)), state_(std::move(state)) {}
    std::unique_ptr<world::AppendFile> file_;
    RunState state_;
    bool broken_ = false;
};

/// Never fails for a file cut off anywhere; journal_corrupt, with the record's number, for anything else that is not
/// ours.
Result<RunState> read(std::string_view text, std::string run);
/// Runs in a state folder, newest first.
Result<std::vector<std::string>> runs(world::Files&, std::string folder);
Result<RunState> load(world::Files&, std::string folder, std::string run);
/// "20261124T182500Z-4f2a". Sorts after every run in the folder, whatever the clock says: where it was set back, the
/// name carries the moment after the newest run's, or `resume` would take up a plan that a later run has overtaken.
Result<std::string> new_run_name(world::Files&, std::string const& folder, base::Time now, base::Prng&);
/// Why a run without a plan cannot be taken up, and what to do instead.
base::Error did_nothing(std::string const& run);
/// Run names become file names, and people type them: letters, digits and '-' only.
bool is_run_name(std::string_view);

}  // namespace holdfast::journal
