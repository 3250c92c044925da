// Worlds in files: what `simulate --load` is given, and the rows of a simulated Azure's own database, damaged as may be.
// Each is refused as a whole or stands, answers, and stands again when it is opened anew.
//
// The input is a world file; or, where it begins with "rows\n", rows that end with a zero byte each: key, line break, value.
#include <cstdlib>

#include "simulator/simulator.hpp"
#include "simulator/world_file.hpp"

using namespace holdfast;

namespace {

simulator::Options options() {
    simulator::Options options;
    options.start = *base::parse_time("2026-11-24T08:00:00Z");
    return options;
}

void refused(base::Error const& error) {
    if (error.what.empty()) std::abort();
}

/// Whoever is signed in here or not: each of these is answered, whatever the rows hold.
void asked(simulator::Azure& azure) {
    simulator::Identity const owner;
    auto now = azure.now();
    world::Request sign_in{.method = "POST", .url = "https://login.azsim.test/" + owner.tenant + "/oauth2/v2.0/token"};
    sign_in.body = "grant_type=client_credentials&client_id=" + owner.client_id +
                   "&client_secret=" + owner.client_secret + "&scope=https%3A%2F%2Fmanagement.azsim.test%2F.default";
    auto const token = json::parse(azure.answer(sign_in, now).body);
    auto const bearer = token ? std::string(json::text_at(*token, "access_token").value_or("")) : std::string{};
    auto const get = [&](std::string const& path) {
        world::Request request{.method = "GET", .url = "https://management.azsim.test" + path};
        request.headers = {{"Authorization", "Bearer " + bearer}};
        if (auto const answer = azure.answer(request, now); answer.status < 200 || answer.status > 599) std::abort();
        now += base::Duration{600'000};  // what was under way goes on
    };
    auto const subscription = "/subscriptions/" + owner.subscription;
    get(subscription + "/resources?api-version=2021-04-01");
    for (auto const& [id, body] : azure.resources()) get(id + "?api-version=2024-01-01");
    (void)azure.next_due();
    (void)azure.soft_deleted();
    (void)azure.drawn();
}

void stands(world::Rows& rows, std::unique_ptr<simulator::Azure> azure) {
    asked(*azure);
    auto const stood = azure->resources();
    azure.reset();
    auto const again = simulator::Azure::open(rows, options());
    if (!again || (*again)->resources() != stood) std::abort();
}

void database(std::string_view text) {
    auto const rows = world::memory_rows();
    std::vector<world::RowChange> changes;
    for (auto const& row : base::split(text, '\0')) {
        auto const end = std::min(row.find('\n'), row.size());
        changes.push_back({row.substr(0, end), row.substr(std::min(end + 1, row.size()))});
    }
    if (!rows->commit(changes)) std::abort();
    auto azure = simulator::Azure::open(*rows, options());
    azure ? stands(*rows, std::move(*azure)) : refused(azure.error());
}

void file(std::string_view text) {
    auto const world = simulator::read_world(text, simulator::Identity{}.subscription);
    if (!world) return refused(world.error());
    auto const again = simulator::read_world(json::write(*world), simulator::Identity{}.subscription);
    if (!again || *again != *world) std::abort();

    auto const rows = world::memory_rows();
    auto azure = simulator::Azure::open(*rows, options());
    if (!azure) std::abort();
    auto const before = (*azure)->resources();
    if (auto const loaded = (*azure)->load(text); !loaded) {
        refused(loaded.error());
        if ((*azure)->resources() != before) std::abort();
    }
    stands(*rows, std::move(*azure));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    constexpr std::string_view begins = "rows\n";
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    text.starts_with(begins) ? database(text.substr(begins.size())) : file(text);
    return 0;
}
