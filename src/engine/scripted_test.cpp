#include "engine/scripted.hpp"

#include <boost/asio/co_spawn.hpp>

namespace holdfast::engine {

namespace {

std::string const arm = "https://management.azure.com";

class FixedToken : public credentials::Credential {
public:
    Task<Result<base::Secret>> token(std::string, std::string, world::World&) override {
        co_return base::Secret("token");
    }
    std::string describe() const override { return "a fixed token"; }
};

std::string path_of(std::string const& url) {
    auto const path = url.substr(arm.size());
    return path.substr(0, path.find('?'));
}
std::string last_word(std::string const& path) { return path.substr(path.rfind('/') + 1); }

world::Response said(int status, json::Value const& body = {}, world::Headers headers = {}) {
    return {status, std::move(headers), body.is_null() ? std::string{} : json::write(body)};
}
world::Response refusal(ScriptedAzure::Refusal const& one) {
    return said(one.status, json::Object{{"error", json::Object{{"code", one.code}, {"message", one.message}}}});
}

json::Value shown(ScriptedAzure::Thing const& thing, std::string const& path, Time now) {
    auto body = thing.body;
    body.as_object()["id"] = path;
    body.as_object()["etag"] = "v" + std::to_string(thing.version);
    auto const* state = now < thing.ready ? "Creating" : thing.comes_out_failed ? "Failed" : "Succeeded";
    json::put(body, "properties.provisioningState", json::Value(state));
    return body;
}

}  // namespace

Result<world::Response> ScriptedAzure::answer(world::Request const& request, Time now) {
    auto const path = path_of(request.url);
    auto const key = base::lower(path);
    auto const word = last_word(path);
    log.push_back(request.method + " " + word);
    if (silent_since && now >= *silent_since)
        return base::fail(base::ErrorCode::connection_failed, "the connection was refused");
    if (page_until && now < *page_until && request.method == "GET")
        return world::Response{200, {{"Content-Type", "text/html"}}, "<html>Sign in to the guest network</html>"};
    if (revoked_since && now >= *revoked_since && (!revoked_until || now < *revoked_until)) return said(401);
    if (path.starts_with("/operations/")) {
        auto const at = things.find(base::lower("/" + path.substr(std::string("/operations/").size())));
        if (at == things.end()) return said(404);
        auto const* status = now < at->second.ready        ? "InProgress"
                             : at->second.comes_out_failed ? "Failed"
                                                           : "Succeeded";
        return said(200, json::Object{{"status", status}}, {{"Retry-After", "1"}});
    }
    if (request.method == "POST") {
        ++posts[word];
        registered_.emplace(base::lower(path.substr(0, path.rfind('/'))), now + std::chrono::seconds(seconds[word]));
        return said(200, json::Object{{"registrationState", "Registering"}});
    }
    if (request.method == "GET") {
        if (auto const it = registered_.find(key); it != registered_.end())
            return said(200, json::Object{{"registrationState", now < it->second ? "Registering" : "Registered"}});
        auto const it = things.find(key);
        return it == things.end() ? said(404) : said(200, shown(it->second, path, now));
    }
    if (auto& waiting = refuses[word]; !waiting.empty()) {
        auto const first = waiting.front();
        if (!first.until || now >= *first.until) waiting.pop_front();
        if (!first.until || now < *first.until) return refusal(first);
    }
    auto const it = things.find(key);
    if (it != things.end() && now < it->second.ready)
        return refusal({409, "AnotherOperationInProgress", "somebody is at work on " + word, {}});
    if (request.method == "DELETE") {
        if (it == things.end()) return said(204);
        ++deletes[word];
        things.erase(it);
        return said(200);
    }
    auto const if_match = world::find(request.headers, "If-Match");
    if (it != things.end() && if_match && *if_match != "v" + std::to_string(it->second.version))
        return refusal({412, "PreconditionFailed", "the etag is another", {}});
    if (it != things.end() && world::find(request.headers, "If-None-Match"))
        return refusal({412, "PreconditionFailed", "it is there already", {}});
    if (!json::parse(request.secret_body ? request.secret_body->reveal() : request.body))
        return refusal({400, "InvalidRequestContent", "the body is not JSON", {}});
    auto const response = written(request, key, word, now);
    if (loses_answer.erase(word) != 0) return base::fail(base::ErrorCode::connection_lost, "the connection broke");
    return response;
}

world::Response ScriptedAzure::written(world::Request const& request, std::string const& key, std::string const& word,
                                       Time now) {
    auto const path = path_of(request.url);
    auto const body = json::parse(request.secret_body ? request.secret_body->reveal() : request.body);
    if (!body) return said(400, *json::parse(R"({"error":{"code":"InvalidRequestContent","message":"not JSON"}})"));
    bool const created = !things.contains(key);
    ++writes[word];
    if (created) ++creations[word];
    auto& thing = things[key];
    thing.version += created ? 0 : 1;
    thing.body = *body;
    bodies.push_back(thing.body);
    if (auto const more = shows.find(word); more != shows.end()) json::merge(thing.body, more->second);
    thing.comes_out_failed = fails[word] > 0;
    if (thing.comes_out_failed) --fails[word];
    auto const took = seconds[word];
    thing.ready = now + std::chrono::seconds(took);
    if (took == 0) return said(created ? 201 : 200, shown(thing, path, now));
    return said(created ? 201 : 200, shown(thing, path, now),
                {{"Azure-AsyncOperation", arm + "/operations" + path}, {"Retry-After", "1"}});
}

Task<Result<world::Response>> ScriptedTransport::send(world::Request request) {
    auto there = clock_.sleep(Duration{5});
    co_await std::move(there);
    auto const answer = azure_.answer(request, clock_.now());
    auto back = clock_.sleep(Duration{5});
    co_await std::move(back);
    co_return answer;
}

Life::Life(ScriptedAzure& a, world::Files& disk, Time start)
    : azure(a),
      files(disk),
      clock(io, start),
      http(azure, clock),
      world{clock, http, files, *environment, *programs, prng},
      credential(std::make_unique<FixedToken>()),
      client(*credentials::find_cloud("public"), *credential, world) {}

Result<Run> Life::apply(plan::Plan plan, std::string run, Limits limits, std::function<bool()> interrupted) {
    auto opened = files.exists("s/runs/" + run + ".jsonl")
                      ? journal::Journal::reopen(files, "s", run, clock.now())
                      : journal::Journal::create(files, "s", run, plan::to_json(plan, *base::parse_date("2026-11-24")),
                                                 clock.now());
    if (!opened) return base::fail(opened.error());
    journal.emplace(std::move(*opened));
    auto secrets = [](resource::SecretName const& name) -> Result<base::Secret> {
        return base::Secret("the secret " + name.name);
    };
    Apply in{std::move(plan), *journal,
             client,          world,
             secrets,         [this](Event const& event) { events.push_back(event); },
             limits,          std::move(interrupted)};
    auto task = engine::apply(std::move(in));
    return world::run(io, clock, std::move(task));
}

std::optional<Run> Life::live(plan::Plan plan, std::function<bool()> dies, std::string run) {
    auto opened = files.exists("s/runs/" + run + ".jsonl")
                      ? journal::Journal::reopen(files, "s", run, clock.now())
                      : journal::Journal::create(files, "s", run, plan::to_json(plan, *base::parse_date("2026-11-24")),
                                                 clock.now());
    if (!opened) return std::nullopt;
    journal.emplace(std::move(*opened));
    Apply in{
        std::move(plan), *journal, client, world, {}, [this](Event const& event) { events.push_back(event); }, {}, {}};
    std::optional<Run> out;
    auto task = engine::apply(std::move(in));
    boost::asio::co_spawn(io, std::move(task), [&out](std::exception_ptr, Result<Run> result) {
        if (result) out = std::move(*result);
    });
    clock.run({}, [&] { return out.has_value() || dies(); });
    return out;
}

plan::Step write_step(std::string address, std::string type, std::string name, int expected_s,
                      std::vector<std::string> after) {
    plan::Step step;
    step.id = "write " + address;
    step.address = step.resource.address = std::move(address);
    step.resource.type = std::move(type);
    step.resource.id = *resource::ResourceId::parse(in_group + step.resource.type + "/" + name);
    step.resource.body = json::Object{{"location", "westeurope"}, {"tags", json::Object{{"holdfast", "prod"}}}};
    step.expected_s = expected_s;
    step.after = std::move(after);
    step.because = "the test wants it";
    return step;
}

}  // namespace holdfast::engine
