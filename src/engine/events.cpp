// What the engine says, as JSON.
#include <algorithm>

#include "engine/progress.hpp"

namespace holdfast::engine {

using json::Array;
using json::Object;
using json::Value;

namespace {
Value text(std::string_view value) { return Value(std::string(value).c_str()); }
double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1000.0; }
}  // namespace

Value to_json(base::Error const& error) {
    Object out;
    out["code"] = base::name(error.code);
    out["what"] = text(error.what);
    if (!error.fix.empty()) out["fix"] = text(error.fix);
    if (auto const* call = std::get_if<base::Call>(&error.where))
        out["where"] = Object{{"method", text(call->method)}, {"address", text(call->address)}};
    if (error.azure) {
        auto const& azure = *error.azure;
        Object said{{"status", azure.status}, {"code", text(azure.code)}, {"message", text(azure.message)}};
        if (!azure.subcode.empty()) said["subcode"] = text(azure.subcode);
        if (!azure.correlation_id.empty()) said["correlationId"] = text(azure.correlation_id);
        out["azure"] = std::move(said);
    }
    Array because;
    for (auto const& inner : error.because) because.push_back(to_json(inner));
    if (!because.empty()) out["because"] = std::move(because);
    return out;
}

Value to_json(Event const& event) {
    Object out;
    out["at"] = text(base::to_string(event.at));
    base::match(
        event.what,
        [&out](RunStarted const& e) {
            out["event"] = "runStarted";
            out["run"] = text(e.run);
            out["steps"] = e.steps;
        },
        [&out](StepStarted const& e) {
            out["event"] = "stepStarted";
            out["step"] = text(e.step);
            out["because"] = text(e.because);
            out["expectedSeconds"] = e.expected_s;
        },
        [&out](StepWaiting const& e) {
            out["event"] = "stepWaiting";
            out["step"] = text(e.step);
            out["why"] = text(e.why);
            out["nextSeconds"] = seconds(e.next);
        },
        [&out](StepFinished const& e) {
            out["event"] = "stepFinished";
            out["step"] = text(e.step);
            out["outputs"] = e.outputs;
            if (e.was_done) out["wasDone"] = true;
        },
        [&out](StepFailed const& e) {
            out["event"] = "stepFailed";
            out["step"] = text(e.step);
            out["error"] = to_json(e.error);
        },
        [&out](StepSkipped const& e) {
            out["event"] = "stepSkipped";
            out["step"] = text(e.step);
            out["waitingFor"] = text(e.waiting_for);
        },
        [&out](RunFinished const& e) {
            out["event"] = "runFinished";
            out["outcome"] = text(e.outcome);
            out["calls"] = e.calls;
            out["retries"] = e.retries;
        });
    return out;
}

Value to_json(Run const& run) {
    Object out;
    out["schema"] = "holdfast/run";
    out["schemaVersion"] = 1;
    out["asOf"] = text(base::to_string(base::Date(std::chrono::floor<std::chrono::days>(run.ended))));
    out["run"] = text(run.run);
    out["outcome"] = text(run.outcome);
    out["started"] = text(base::to_string(run.started));
    out["ended"] = text(base::to_string(run.ended));
    out["virtualSeconds"] = seconds(run.ended - run.started);
    out["calls"] = run.calls;
    out["retries"] = run.retries;
    Array steps, errors, path;
    Duration critical{0};
    for (auto const& row : run.timeline) {
        steps.push_back(Object{{"step", text(row.step)},
                               {"started", text(base::to_string(row.started))},
                               {"ended", text(base::to_string(row.ended))},
                               {"seconds", seconds(row.ended - row.started)},
                               {"outcome", text(row.outcome)}});
        if (std::ranges::find(run.critical_path, row.step) != run.critical_path.end())
            critical += row.ended - row.started;
    }
    for (auto const& error : run.errors) errors.push_back(to_json(error));
    for (auto const& step : run.critical_path) path.push_back(text(step));
    out["steps"] = std::move(steps);
    out["errors"] = std::move(errors);
    out["criticalPath"] = std::move(path);
    out["criticalPathSeconds"] = seconds(critical);
    return out;
}

}  // namespace holdfast::engine
