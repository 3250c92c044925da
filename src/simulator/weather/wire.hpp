/// wire: one machine's line to Azure in weather. Decides what comes back; sends nothing itself.
#pragma once

#include "simulator/simulator.hpp"
#include "simulator/weather/doing.hpp"

namespace holdfast::simulator::weather {

/// Whether a kind strikes now, and the dice for what it does then.
class Sky {
public:
    virtual ~Sky() = default;
    virtual bool strikes(Kind, Doing) = 0;
    virtual base::Prng& dice(Kind) = 0;
    /// From now on nothing strikes, and what lasted is over.
    virtual bool is_clear() const { return false; }
};

/// What reaches whoever asked.
struct Arrival {
    enum class Line {
        holds,
        refused,  ///< no connection: nothing was done
        lost,     ///< the connection ends without an answer
        silent,   ///< nothing comes for as long as anybody waits
    };
    Line line = Line::holds;
    world::Response response;
    std::size_t cut = 0;  ///< so many of the body's last bytes are missing
};

class Wire {
public:
    explicit Wire(Sky& sky) : sky_(sky) {}

    /// What comes back in place of Azure's answer, if anything: the request never arrives. `readers_now` is what the
    /// reader's clock shows, by which dates are read; `hurry`, how much faster than the reader Azure lives.
    std::optional<Arrival> instead(world::Request const&, Doing, Time readers_now, double hurry = 1);
    /// It arrives a second time.
    bool twice(Doing doing) { return sky_.strikes(Kind::duplicate, doing); }
    /// And whether that is what is answered.
    bool second_is_heard() { return sky_.dice(Kind::duplicate).chance(0.5); }
    static bool says_claims(world::Request const& sign_in);
    /// A token was given that was not asked for with claims: after a challenge it is worth nothing.
    void gave_token(world::Response const&);
    /// What becomes of Azure's answer on its way back. How often it was struck.
    int spoil(Doing, Arrival&, Time now);

private:
    std::optional<world::Response> unauthorized(world::Request const&, Doing);

    Sky& sky_;
    std::set<std::string> gone_, seen_, revoked_;
    std::set<std::string> unclaimed_;  ///< refused until claims are asked for
    bool wants_claims_ = false;
    Time cut_off_until_{};  ///< whoever follows an operation hears nothing till then
};

/// What happens inside Azure in that weather.
class Fateful : public Fate {
public:
    explicit Fateful(Sky& sky) : sky_(sky) {}
    End end(std::string_view verb, resource::ResourceId const& target) override;
    bool registration_hangs(std::string_view name_space) override;
    double takes(std::string_view verb, resource::ResourceId const& target, double drawn) override;
    double takes_effect(resource::ResourceId const&, double drawn) override;
    Duration token_lives(Duration usual) override;

private:
    /// Begins to hang, or still does.
    bool hangs(std::string const& what, Doing);

    Sky& sky_;
    std::set<std::string> hanging_;
};

}  // namespace holdfast::simulator::weather
