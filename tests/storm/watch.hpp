/// watch: what is held of everything an engine says.
#pragma once

#include "engine/engine.hpp"
#include "sky.hpp"

namespace holdfast::storm {

class Watch {
public:
    /// `journal`: what the run's journal holds when this life begins.
    Watch(Scene& scene, Machine machine, plan::Plan const& plan, std::string_view journal);
    void saw(engine::Event const&);
    void ended(engine::Run const&);
    /// Whoever was told to end did so within moments.
    void obeyed();

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
        bool at_work = false;    ///< Azure has taken what this life sent
        bool recovered = false;  ///< a deleted one of this name was brought back
    };
    void failed(Step const&, engine::StepFailed const&, base::Time);
    /// A role that this step needs was granted by this run, or so lately that it may not work yet.
    bool hopes(std::string const& step, base::Time since) const;
    void given_up_early(Step const&, engine::StepFailed const&, base::Time);

    Scene& scene_;
    Machine machine_;
    std::set<std::string> after_a_grant_;  ///< steps that come after one that grants a role
    std::map<std::string, base::Time> granted_;  ///< when the role was granted that a step uses
    std::set<std::string> recoverable_;  ///< steps that can bring back a deleted one of their name
    std::set<std::string> on_record_;  ///< steps that an earlier life put on record as done
    std::map<std::string, Step> steps_;
    std::set<std::string> planned_, told_done_;
    std::set<std::string> conditioned_;  ///< steps that wait for more than their own operation
    std::map<std::string, base::Time> told_ended_;
    base::Time begun_{};
    std::int64_t calls_ = 0;
};

}  // namespace holdfast::storm
