/// doubt: which creates may rightly be sent again. One account for every resource, whoever else was at work.
///
/// A create that Azure had already seen is excused once for each time that
///  - its answer was lost or spoilt on the way, or the wire delivered it twice;
///  - the work on it came out failed, whatever has become of it since;
///  - a life ended (dead, disk full, stopped) after it was sent and before it was on record as done;
///  - another machine had sent it, and this one sends it for the first time;
///  - a vault was brought back from the bin, which takes a write before the one as designed;
///  - a person wrote the same by hand, or deleted a vault or something around it.
/// Everything else is a create sent twice.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::storm {

enum class Machine { ours, theirs };

class Doubts {
public:
    /// The steps that write a resource: none of its writes goes out before one of them is on record as intended.
    void planned(Machine machine, std::string const& key, std::string const& step) {
        writing_[{machine, key}].insert(step);
    }
    /// False: nothing on record says that this was to be done.
    bool written(Machine, std::string const& key);
    /// A line of a machine's journal is on stable storage.
    void recorded(Machine, std::string_view line);
    void unsure(std::string const& key) { ++excused_[key]; }
    /// Everything in it, once each.
    void unsure_below(std::string key) { below_.push_back(std::move(key)); }
    /// A life is over; what it had written and not recorded is known to nobody.
    void life_ended();
    /// A step that says it is finished is on record as done by then.
    bool on_record(Machine machine, std::string const& step) const { return done_.contains({machine, step}); }
    /// The address that the journal names for what Azure is at work on for a step; empty when it names none.
    std::string operation(Machine machine, std::string const& step) const;
    /// A create came twice: whether that was excused. Each excuse counts once.
    bool may_repeat(std::string const& key);

private:
    std::map<std::string, int> excused_;
    std::vector<std::string> below_;
    std::set<std::pair<std::size_t, std::string>> used_below_;  ///< place in `below_`, key
    std::set<std::pair<Machine, std::string>> unrecorded_;
    std::map<std::string, std::set<Machine>> writers_;
    std::map<std::pair<Machine, std::string>, std::set<std::string>> writing_;  ///< by machine and key: steps
    std::set<std::pair<Machine, std::string>> done_;
    std::set<std::pair<Machine, std::string>> intended_;  ///< steps
    std::map<std::pair<Machine, std::string>, std::string> operations_;  ///< by machine and step
};

}  // namespace holdfast::storm
