// Weather laid over a served Azure: which kinds are on, and one request through all of them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "simulator/weather/wire.hpp"

namespace holdfast::simulator {
namespace {

using weather::Chance;
using weather::Doing;
using weather::kind_count;
using Line = weather::Arrival::Line;
using Of = weather::Kind;

constexpr Weather::Profile profiles_[] = {
    {"calm", "nothing strikes"},
    {"common", "an ordinary day: throttling, roles that take their time"},
    {"rough", "a bad day: server errors, lost answers, locks, work that fails and then succeeds, or hangs"},
    {"storm", "everything at once that a deployment can come through: also work that fails for good, tokens that are "
              "revoked, operations that are forgotten"},
};

struct Rates {
    Of kind;
    double common, rough, storm;  ///< percent per opportunity
};
// Ours, not measured: a deployment of fifty requests should meet a kind or two of `common`, most of `rough`. Roles that
// never take effect and refusals for good are in none: nobody comes through those.
constexpr Rates rates[] = {
    {Of::throttled_seconds, 3, 4, 8},   {Of::throttled_date, 1, 2, 4},   {Of::sign_in_throttled, 5, 10, 20},
    {Of::role_slow, 50, 50, 80},        {Of::refused_busy, 0, 3, 8},     {Of::server_error, 0, 3, 6},
    {Of::server_error_after, 0, 2, 4},  {Of::reset_before, 0, 2, 4},     {Of::reset_after, 0, 2, 4},
    {Of::truncated, 0, 1, 2},           {Of::work_converges, 0, 5, 10},  {Of::work_hangs, 0, 5, 10},
    {Of::vault_dns, 0, 30, 80},         {Of::work_fails, 0, 0, 5},       {Of::operation_gone, 0, 0, 3},
    {Of::duplicate, 0, 0, 3},           {Of::garbled, 0, 0, 1},          {Of::token_short, 0, 0, 30},
    {Of::token_revoked, 0, 0, 0.5},     {Of::claims_challenge, 0, 0, 0.5},
};
constexpr double Rates::* columns[] = {nullptr, &Rates::common, &Rates::rough, &Rates::storm};
static_assert(std::size(columns) == std::size(profiles_));

/// What a client must read before it can ask anything.
bool gives_directions(std::string_view url) {
    constexpr std::string_view parts[] = {"/.well-known/", "/discovery/", "/metadata/endpoints", "/UserRealm/"};
    return std::ranges::any_of(parts, [&](auto part) { return url.find(part) != std::string_view::npos; });
}

class Served final : public Weather, weather::Sky {
public:
    Served(std::string title, std::array<Chance, kind_count> chances)
        : title_(std::move(title)), chances_(std::move(chances)), calm_(std::ranges::none_of(chances_, &Chance::on)),
          wire_(*this), fate_(*this) {}

    Fate& fate() override { return fate_; }

    Answer answer(Azure& azure, world::Request const& request, Time now, Time readers_now, double hurry) override {
        ++requests_;
        if (calm_ || gives_directions(request.url)) return {azure.answer(request, now)};
        met_.clear();
        auto const at = weather::doing(request);
        auto early = wire_.instead(request, at, readers_now, hurry);
        return heard(early ? std::move(*early) : from(azure, request, at, now));
    }

    std::vector<Kind> kinds() const override {
        std::vector<Kind> on;
        for (auto const& row : weather::kinds()) {
            auto const at = static_cast<std::size_t>(row.kind);
            if (chances_[at].on()) on.push_back({row.name, row.means, chances_[at].rate, struck_[at]});
        }
        return on;
    }
    std::uint64_t requests() const override { return requests_; }
    std::string title() const override { return title_; }

private:
    bool strikes(Of kind, Doing doing) override {
        auto const at = static_cast<std::size_t>(kind);
        if (!cannot_happen(kind, doing).empty() || !chances_[at].strikes()) return false;
        ++struck_[at];
        met_ += (met_.empty() ? "" : ", ") + std::string(row(kind).name);
        return true;
    }
    base::Prng& dice(Of kind) override { return chances_[static_cast<std::size_t>(kind)].dice; }

    weather::Arrival from(Azure& azure, world::Request const& request, Doing at, Time now) {
        weather::Arrival arrival{.response = azure.answer(request, now)};
        if (wire_.twice(at)) {
            auto again = azure.answer(request, now);
            if (wire_.second_is_heard()) arrival.response = std::move(again);
        }
        if (at == Doing::sign_in && !weather::Wire::says_claims(request)) wire_.gave_token(arrival.response);
        wire_.spoil(at, arrival, now);
        return arrival;
    }

    /// Whoever wonders reads in the answer what struck it.
    Answer heard(weather::Arrival arrival) const {
        if (arrival.line != Line::holds) return {{}, everything};
        if (!met_.empty()) arrival.response.headers.push_back({"x-holdfast-weather", met_});
        return {std::move(arrival.response), arrival.cut};
    }

    std::string title_;
    std::array<Chance, kind_count> chances_;
    bool calm_;
    std::array<std::uint64_t, kind_count> struck_{};
    std::uint64_t requests_ = 0;
    std::string met_;  ///< by the request at hand
    weather::Wire wire_;
    weather::Fateful fate_;
};

std::array<Chance, kind_count> drawn(std::uint64_t seed) {
    std::array<Chance, kind_count> chances;
    base::Prng prng(seed);
    for (auto const& row : weather::kinds())
        chances[static_cast<std::size_t>(row.kind)] = Chance::draw(prng, row.least, row.most);
    return chances;
}

std::array<Chance, kind_count> of_profile(double Rates::* column, std::uint64_t seed) {
    std::array<Chance, kind_count> chances;
    base::Prng prng(seed);
    for (auto& chance : chances) chance.dice = prng.fork();
    for (auto const& row : rates)
        if (column) chances[static_cast<std::size_t>(row.kind)].rate = row.*column / 100;
    return chances;
}

std::optional<std::uint64_t> whole(std::string_view word) {
    std::uint64_t number = 0;
    auto const [end, wrong] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (wrong != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    return number;
}

}  // namespace

std::span<Weather::Profile const> Weather::profiles() { return profiles_; }

base::Result<std::unique_ptr<Weather>> Weather::read(std::string_view word, std::uint64_t seed) {
    if (auto const number = whole(word))
        return std::make_unique<Served>(fmt::format("{}, drawn from this seed", *number), drawn(*number));
    auto const found = std::ranges::find(profiles_, word, &Profile::name);
    if (found != std::end(profiles_))
        return std::make_unique<Served>(fmt::format("{}, {}", found->name, found->says),
                                        of_profile(columns[found - std::begin(profiles_)], seed));
    std::string names;
    for (auto const& profile : profiles_) names += std::string(profile.name) + ", ";
    return base::fail(base::ErrorCode::usage, fmt::format("'{}' is not a weather", base::printable(word)),
                      "write " + names + "or a whole number: kinds and rates are drawn from it");
}

}  // namespace holdfast::simulator
