/// watch: what is held of everything an engine says.
#pragma once

#include "engine/engine.hpp"
#include "sky.hpp"

namespace holdfast::storm {

class Watch {
public:
    Watch(Scene& scene, plan::Plan const& plan);
    void saw(engine::Event const&);
    void ended(engine::Run const&);

    /// Every error says what is wrong and what to do next.
    static void named(Scene&, std::vector<base::Error> const&);
    /// No canary in it.
    static void silent(Scene&, std::string_view where, std::string_view text);

private:
    struct Step {
        base::Time started;
        std::optional<base::Time> not_yet;  ///< since when it waits for a role
        std::int64_t waits = 0;
    };
    void failed(Step const&, engine::StepFailed const&, base::Time);

    Scene& scene_;
    bool grants_ = false;
    std::set<std::string> lately_;  ///< steps that use a role granted before this plan
    std::map<std::string, Step> steps_;
    base::Time begun_{};
    std::int64_t calls_ = 0;
};

}  // namespace holdfast::storm
