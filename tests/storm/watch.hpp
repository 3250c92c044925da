/// watch: what is held of everything an engine says.
#pragma once

#include "engine/engine.hpp"
#include "sky.hpp"

namespace holdfast::storm {

class Watch {
public:
    Watch(Scene& scene, Machine machine, plan::Plan const& plan);
    void saw(engine::Event const&);
    void ended(engine::Run const&);

    /// Every error says what is wrong and what to do next.
    static void named(Scene&, std::vector<base::Error> const&);
    /// What passes by itself was tried again and again before it was given up.
    static void tried(Scene&, std::vector<base::Error> const&);
    /// No canary in it.
    static void silent(Scene&, std::string_view where, std::string_view text);

private:
    struct Step {
        base::Time started;
        std::optional<base::Time> not_yet;  ///< since when it waits for a role
        std::optional<base::Time> waits_since;
    };
    void failed(Step const&, engine::StepFailed const&, base::Time);

    Scene& scene_;
    Machine machine_;
    bool grants_ = false;
    std::map<std::string, base::Time> granted_;  ///< when the role was granted that a step uses
    std::map<std::string, Step> steps_;
    base::Time begun_{};
    std::int64_t calls_ = 0;
};

}  // namespace holdfast::storm
