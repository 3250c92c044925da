#include "simulator/arm/operations.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "simulator/arm/groups.hpp"

namespace holdfast::simulator::arm {
namespace {

constexpr Duration keep_finished = std::chrono::hours(24);
constexpr Duration until_it_converges = std::chrono::minutes(5);

/// Azure's time stamps carry seven decimals.
std::string stamp(Time time) {
    auto text = base::to_string(time);
    if (text.ends_with('Z')) text.pop_back();
    if (auto const dot = text.find('.'); dot == std::string::npos) {
        text += ".0000000";
    } else {
        text.append(7 - std::min<std::size_t>(7, text.size() - dot - 1), '0');
    }
    return text + "Z";
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

std::string url(Operation const& operation, std::string path, std::string_view origin) {
    auto const id = ResourceId::parse(operation.target);
    replace_all(path, "{location}", operation.location.empty() ? "global" : operation.location);
    replace_all(path, "{id}", operation.id);
    replace_all(path, "{group}", id ? id->group() : "");
    return std::string(origin) + "/subscriptions/" + (id ? id->subscription() : "") + "/" + path;
}

std::string path_for(Operation const& operation, std::string_view said, std::string_view kind) {
    if (!said.empty()) return std::string(said);
    return "providers/" + std::string(namespace_of(operation.type)) + "/locations/{location}/" + std::string(kind) +
           "/{id}?api-version=" + operation.api_version;
}

void fail_with(Operation& operation, ArmError const& error) {
    operation.status = "Failed";
    operation.error_status = error.status;
    operation.error = *json::find(error_body(error, Envelope::arm), "error");
}

/// Completes one written resource. Nothing: done or failed (see the operation); a duration: not yet.
std::optional<Duration> complete(Work& work, Operation& operation, std::string const& key) {
    auto* stored = work.core().store.edit(key);
    if (!stored) return std::nullopt;  // deleted meanwhile
    auto const& row = behaviour(stored->type);
    if (row.complete) {
        auto const before = stored->body;
        auto const outcome = row.complete(work, *stored);
        stored = work.core().store.edit(key);
        if (!stored) return std::nullopt;
        if (auto const* later = std::get_if<Later>(&outcome)) return later->after;
        if (!(stored->body == before)) ++stored->version;
        if (auto const* error = std::get_if<ArmError>(&outcome)) {
            fail_with(operation, *error);
            set_state(*stored, "Failed");
            return std::nullopt;
        }
    }
    set_state(*stored, "Succeeded");
    return std::nullopt;
}

std::optional<Duration> finish_write(Work& work, Operation& operation) {
    while (!operation.steps.empty() && operation.status != "Failed") {
        if (auto const later = complete(work, operation, operation.steps.front())) return later;
        operation.steps.erase(operation.steps.begin());
    }
    if (operation.status == "Failed") {
        operation.steps.push_back(base::lower(operation.target));
        for (auto const& key : operation.steps) {
            if (auto* stored = work.core().store.edit(key)) set_state(*stored, "Failed");
        }
    }
    return std::nullopt;
}

void finish_action(Work& work, Operation& operation) {
    auto const key = base::lower(operation.target);
    auto const during = json::text_at(operation.payload, "state").value_or("");
    work.working_on(&operation);
    if (auto const* function = scheduled_named(operation.function); function && operation.running())
        function->run(work, operation.target, *json::find(operation.payload, "payload"));
    work.working_on(nullptr);
    if (during.empty()) return;
    if (auto* stored = work.core().store.edit(key))
        set_state(*stored, operation.status == "Failed" ? "Failed" : "Succeeded");
}

std::optional<Duration> finish_delete(Work& work, Operation& operation) {
    auto const id = ResourceId::parse(operation.target);
    if (!id) return std::nullopt;
    if (is_group(*id)) {
        auto const swept = sweep(work, *id);
        if (auto const* later = std::get_if<Later>(&swept)) return later->after;
        if (auto const* error = std::get_if<ArmError>(&swept)) fail_with(operation, *error);
        return std::nullopt;
    }
    if (auto* stored = work.core().store.edit(id->key()); stored && behaviour(stored->type).erase_step) {
        auto const outcome = behaviour(stored->type).erase_step(work, *stored);
        if (auto const* later = std::get_if<Later>(&outcome)) return later->after;
        if (auto const* error = std::get_if<ArmError>(&outcome)) {
            fail_with(operation, *error);
            stored->deleting = false;
            set_state(*stored, "Failed");
            return std::nullopt;
        }
    }
    work.erase(*id);
    return std::nullopt;
}

/// What was to go stays, and shows that something went wrong.
void stays(Work& work, Operation const& operation) {
    auto* stored = work.core().store.edit(base::lower(operation.target));
    if (!stored) return;
    stored->deleting = false;
    set_state(*stored, "Failed");
}

/// In what words work fails that no rule forbids.
struct Mishap {
    std::string_view name_space, code;
    int status;
    std::string_view message, source, date;
};
constexpr Mishap mishaps[] = {
    {"Microsoft.Compute", "InternalExecutionError", 500, "An internal execution error occurred.",
     "recorded test traffic of Azure/azure-libraries-for-java, testDeployments: a failed machine", "2026-12-01"},
    {"Microsoft.Network", "InternalServerError", 500, "An error occurred.",
     "Microsoft documentation, Resource Manager: common deployment errors", "2026-12-01"},
    {"", "InternalOperationError", 409, "The operation met an internal error.",
     "AKS's own list of codes, Azure/aks-deployer pkg/apierror", "2026-12-01"},
};
ArmError mishap_of(std::string_view type) {
    auto const* row = std::ranges::find_if(mishaps, [&](Mishap const& one) {
        return one.name_space.empty() || base::same_text(one.name_space, namespace_of(type));
    });
    return error(row->status, row->code, std::string(row->message));
}

/// What fate has for the end of this work. A duration: not yet.
std::optional<Duration> befall(Work& work, Operation& operation) {
    auto const target = ResourceId::parse(operation.target);
    if (!target) return std::nullopt;
    auto const end = work.core().fate().end(operation.verb, *target);
    if (end == Fate::End::well) return std::nullopt;
    if (end == Fate::End::hangs) return between_looks_at_what_hangs;
    fail_with(operation, mishap_of(operation.type));
    if (operation.verb == "DELETE") stays(work, operation);
    bool const writes = operation.verb == "PUT" || operation.verb == "PATCH";
    if (writes && end == Fate::End::fails_then_converges)
        work.schedule(work.now() + until_it_converges, "operation.converges", operation.id, json::Object{});
    return std::nullopt;
}

/// A write whose answer said so already, while what it brings takes its time.
bool has_succeeded(Work& work, Operation const& operation) {
    bool const writes = operation.verb == "PUT" || operation.verb == "PATCH";
    auto const* stored = writes ? work.core().store.find(base::lower(operation.target)) : nullptr;
    return stored && state_of(*stored) == "Succeeded";
}

void forget_old(Store& store, Time now) {
    std::vector<std::string> old;
    for (auto const& [id, operation] : store.operations()) {
        if (!operation.running() && now - operation.ends > keep_finished) old.push_back(id);
    }
    for (auto const& id : old) store.forget_operation(id);
}

}  // namespace

Operation& start(Work& work, Operation operation, double seconds) {
    auto& store = work.core().store;
    if (auto const target = ResourceId::parse(operation.target); target && seconds > 0)
        seconds = work.core().fate().takes(operation.verb, *target, seconds);
    if (store.operations().size() % 1024 == 1023) forget_old(store, work.now());
    operation.id = work.guid("operation " + base::lower(operation.target));
    operation.started = work.now();
    operation.ends = work.now() + Duration{static_cast<std::int64_t>(std::llround(seconds * 1000))};
    operation.caller = work.caller().object_id;
    auto const id = operation.id;
    auto const ends = operation.ends;
    store.put(std::move(operation));
    if (ends > work.now()) {
        work.schedule(ends, "operation", id, json::Object{});
    } else {
        finish(work, id);
    }
    return *store.edit_operation(id);
}

void finish(Work& work, std::string const& operation_id) {
    auto const* found = work.core().store.operation(operation_id);
    if (!found || !found->running()) return;
    auto operation = *found;
    // What ends with its answer is the wire's to spoil, and what was answered as Succeeded does not fail afterwards.
    bool const outlives_its_request = operation.ends > operation.started && !has_succeeded(work, operation);
    auto later = outlives_its_request ? befall(work, operation) : std::nullopt;
    if (later) {
        // it hangs
    } else if (operation.verb == "DELETE") {
        if (operation.running()) later = finish_delete(work, operation);
    } else if (operation.verb == "POST") {
        finish_action(work, operation);
    } else {
        later = finish_write(work, operation);
    }
    if (later) {
        operation.ends = work.now() + std::max(*later, Duration{100});
        work.schedule(operation.ends, "operation", operation.id, json::Object{});
    } else {
        operation.ends = work.now();
        if (operation.running()) operation.status = "Succeeded";
    }
    work.core().store.put(std::move(operation));
}

void converge(Work& work, std::string const& operation_id) {
    auto const* found = work.core().store.operation(operation_id);
    if (!found) return;
    auto after = *found;
    after.status = "InProgress";
    for (auto const& key : found->steps) {
        auto const* stored = work.core().store.find(key);
        if (stored && state_of(*stored) == "Failed") complete(work, after, key);
    }
}

world::Headers polling_headers(Operation const& operation, ResourceBehaviour const& row, Lro lro, int retry_after,
                               std::string_view origin) {
    world::Headers headers;
    if (lro == Lro::async || lro == Lro::async_and_location)
        headers.push_back(
            {"Azure-AsyncOperation", url(operation, path_for(operation, row.operation_path, "operations"), origin)});
    if (lro == Lro::location || lro == Lro::async_and_location)
        headers.push_back(
            {"Location", url(operation, path_for(operation, row.result_path, "operationresults"), origin)});
    if (retry_after > 0) headers.push_back({"Retry-After", std::to_string(retry_after)});
    return headers;
}

bool is_polling(Asked const& asked) {
    if (asked.path.size() < 4 || !base::is_guid(asked.path.back())) return false;
    return base::lower(asked.path[asked.path.size() - 2]).find("operation") != std::string::npos;
}

tl::expected<Answer, ArmError> poll(Work& work, Asked const& asked) {
    auto const& store = work.core().store;
    auto const* operation = store.operation(asked.path.back());
    if (!operation) {
        return tl::unexpected(
            error(404, "NotFound", "There is no operation '" + asked.path.back() + "', or it ended too long ago."));
    }
    auto const& row = behaviour(operation->type);
    auto const kind = base::lower(asked.path[asked.path.size() - 2]);
    bool const asks_result = kind.find("result") != std::string::npos || asked.asked_for("monitor") == "true";
    int const retry_after = std::max(1, operation->verb == "DELETE" ? row.erase_retry_after : row.put_retry_after);
    Answer answer;
    auto const wait = [&] { answer.headers.push_back({"Retry-After", std::to_string(retry_after)}); };
    auto const* target = store.find(base::lower(operation->target));

    if (asks_result) {
        if (operation->running()) {
            answer.status = 202;
            answer.headers.push_back({"Location", asked.origin + asked.target});
            wait();
            return answer;
        }
        if (operation->status == "Failed") {
            auto const status = operation->error_status >= 400 ? operation->error_status : 409;
            return Answer{.status = status, .body = json::Object{{"error", operation->error}}, .headers = {}};
        }
        if (operation->verb == "POST") {
            answer.status = operation->result.is_null() ? operation->final_status : 200;
            answer.body = operation->result;
        } else if (operation->verb == "DELETE") {
            answer.status = operation->final_status;
            // Network repeats where the operation stood.
            if (row.erase == Lro::async_and_location)
                answer.headers = polling_headers(*operation, row, row.erase, 0, asked.origin);
        } else if (target) {
            answer.body = work.shown(*target);
        }
        return answer;
    }

    json::Object body{{"status", operation->status}};
    if (row.status_body != StatusBody::bare) {
        body["name"] = operation->id;
        body["startTime"] = stamp(operation->started);
        if (!operation->running()) body["endTime"] = stamp(operation->ends);
    }
    if (operation->status == "Failed") body["error"] = operation->error;
    if (operation->running()) {
        wait();
    } else if (operation->verb == "POST" && !operation->result.is_null()) {
        body["properties"] = operation->result;
    } else if (row.status_body == StatusBody::timed_with_output && target && operation->status == "Succeeded") {
        body["properties"] = json::Object{{"output", work.shown(*target)}};
    }
    answer.body = std::move(body);
    return answer;
}

Operation const* holder(Store const& store, std::vector<std::string> const& locks) {
    for (auto const& id : store.running()) {
        auto const* operation = store.operation(id);
        bool const held = std::any_of(locks.begin(), locks.end(), [&](std::string const& lock) {
            return std::find(operation->locks.begin(), operation->locks.end(), lock) != operation->locks.end();
        });
        if (held) return operation;
    }
    return nullptr;
}

Operation const* running_on(Store const& store, ResourceId const& id) {
    for (auto const& running : store.running()) {
        auto const* operation = store.operation(running);
        if (base::same_text(operation->target, id.key())) return operation;
    }
    return nullptr;
}

std::vector<std::string> locks_of(ResourceId const& id, ResourceBehaviour const& row, json::Value const& body) {
    std::vector<std::string> locks;
    if (row.lock == WriteLock::itself) locks.push_back(id.key());
    if (row.lock == WriteLock::whole) locks.push_back(topmost(id).key());
    for (auto const& link : row.links) {
        if (!link.locked_too) continue;
        for (auto const& text : texts_at(body, link.at)) {
            if (auto const linked = ResourceId::parse(text)) locks.push_back(topmost(*linked).key());
        }
    }
    std::sort(locks.begin(), locks.end());
    locks.erase(std::unique(locks.begin(), locks.end()), locks.end());
    return locks;
}

ArmError conflict(Operation const& running, ResourceBehaviour const& row, std::string_view origin) {
    auto const target = ResourceId::parse(running.target);
    auto const name = target ? std::string(target->name()) : running.target;
    if (row.conflict == Conflict::aks) {
        auto const what = running.verb == "DELETE" ? "Deleting" : running.verb == "POST" ? "Running" : "Updating";
        bool const pool = base::same_text(running.type, "Microsoft.ContainerService/managedClusters/agentPools");
        auto refused = error(409, "OperationNotAllowed",
                             pool ? "Another agentpool operation (" + name + " - " + what +
                                        ") is in progress. Wait for it to end before starting a new one. See "
                                        "https://aka.ms/aks-pending-operation"
                                  : std::string("Another operation (") + what +
                                        ") is in progress on the managed cluster. Wait for it to end before starting a "
                                        "new one. See https://aka.ms/aks-pending-operation");
        refused.subcode = "";
        return refused;
    }
    auto const at = url(running, path_for(running, behaviour(running.type).operation_path, "operations"), origin);
    auto busy = error(
        409, "AnotherOperationInProgress",
        "Another operation on '" + name + "' or on a resource that depends on it is under way. Its status: " + at);
    return busy;
}

}  // namespace holdfast::simulator::arm
