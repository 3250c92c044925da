/// A plan on a terminal: what it needs leave for first, then the worst changes, then what is created as a tree, what
/// Azure makes by itself, who decided, and how long it takes.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "report/text.hpp"

namespace holdfast::report {
namespace {

using catalog::Class;
using plan::Action;
using plan::Change;
using plan::PropertyChange;

/// The order in which people need to hear of a class, worst first, with the word for it.
struct ClassWord {
    Class cost;
    std::string_view word;
    Tone tone;
};
constexpr ClassWord class_words[] = {
    {Class::refused, "REFUSED", Tone::bad},
    {Class::rebuild, "REBUILD", Tone::bad},
    {Class::one_way, "ONE WAY", Tone::bad},
    {Class::unknown, "UNKNOWN COST", Tone::warn},
    {Class::rotate_pool, "POOL REPLACED", Tone::warn},
    {Class::in_place_reimage, "NODES REIMAGED", Tone::warn},
    {Class::in_place, "IN PLACE", Tone::note},
};

std::size_t rank(Class cost) {
    auto const at = std::ranges::find(class_words, cost, &ClassWord::cost);
    return static_cast<std::size_t>(at - std::begin(class_words));
}

Class worst(Change const& change) {
    Class out = Class::in_place;
    for (auto const& property : change.properties)
        if (rank(property.cost) < rank(out)) out = property.cost;
    return out;
}

std::string plain(std::string_view type) {
    auto const* shape = shapes::find(type);
    return shape && !shape->plain.empty() ? std::string(shape->plain) : base::printable(type);
}

/// The name people will see; a name that is only a number says less than what the thing is for.
std::string name_of(Change const& change) {
    auto const slash = change.resource.rfind('/');
    auto const name = slash == std::string::npos ? change.resource : change.resource.substr(slash + 1);
    if ((name.empty() || base::is_guid(name)) && !change.because.empty()) return base::printable(change.because);
    return name.empty() ? "name known later" : base::printable(name);
}

void property_line(std::string& out, PropertyChange const& property, Style const& style) {
    auto const before = property.before ? shown(*property.before) : "(none)";
    auto const after = property.pending ? "(known later)" : property.after ? shown(*property.after) : "(none)";
    out += block("      ",
                 fmt::format("{}: {} {} {}", base::printable(property.at.text()), before, glyphs(style).arrow, after),
                 style);
    if (!property.because.empty())
        out += painted(style, Tone::faint, block("        ", base::printable(property.because), style));
}

void updates(std::string& out, plan::Plan const& plan, Style const& style) {
    for (auto const& klass : class_words) {
        bool headed = false;
        for (auto const& change : plan.changes) {
            if (change.action != Action::update || worst(change) != klass.cost) continue;
            if (!headed)
                out += fmt::format("{} {}\n", plan::symbol(Action::update), painted(style, klass.tone, klass.word));
            headed = true;
            out += fmt::format("    {}  {}\n", painted(style, Tone::strong, base::printable(change.address)),
                               painted(style, Tone::faint, plain(change.type) + " " + name_of(change)));
            auto properties = change.properties;
            std::ranges::sort(properties, {},
                              [](auto const& property) { return std::pair(rank(property.cost), property.at); });
            for (auto const& property : properties) property_line(out, property, style);
        }
        if (headed) out += '\n';
    }
}

void replaced_and_deleted(std::string& out, plan::Plan const& plan, Style const& style) {
    struct Group {
        Action action;
        std::string_view word;
    };
    for (Group const group : {Group{Action::replace, "REPLACE"}, Group{Action::remove, "DELETE"}}) {
        bool headed = false;
        for (auto const& change : plan.changes) {
            if (change.action != group.action) continue;
            if (!headed)
                out += fmt::format("{} {}\n", plan::symbol(group.action), painted(style, Tone::bad, group.word));
            headed = true;
            out += fmt::format("    {}  {}\n", painted(style, Tone::strong, base::printable(change.address)),
                               painted(style, Tone::faint, plain(change.type) + " " + name_of(change)));
            if (!change.because.empty()) out += block("      ", base::printable(change.because), style);
            for (auto const& property : change.properties)
                if (rank(property.cost) <= rank(Class::one_way)) property_line(out, property, style);
        }
        if (headed) out += '\n';
    }
}

/// Created resources as a tree by address: `network` holds `network/subnets/nodes`.
struct Leaf {
    std::string label;
    std::string what;
    std::string name;
    std::vector<Leaf> below;
};

/// When each address is written: creation reads in the order in which it happens.
std::map<std::string, std::size_t> order_of(plan::Plan const& plan) {
    std::map<std::string, std::size_t> order;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        order.emplace(plan.steps[i].address, i);
        for (auto const& inlined : plan.steps[i].inlines) order.emplace(inlined, i);
    }
    return order;
}

std::vector<Leaf> tree_of(std::vector<Change const*> const& changes, std::map<std::string, std::size_t> const& order) {
    std::set<std::string> standing;
    std::map<std::string, std::vector<Change const*>> by_root;
    for (auto const* change : changes) {
        standing.insert(change->address);
        by_root[base::split(change->address, '/').front()].push_back(change);
    }
    std::function<std::vector<Leaf>(std::string const&)> const below = [&](std::string const& parent) {
        std::vector<Leaf> leaves;
        for (auto const* change : changes) {
            std::string nearest;
            for (auto slash = change->address.rfind('/'); slash != std::string::npos && slash > 0;
                 slash = change->address.rfind('/', slash - 1)) {
                auto const prefix = change->address.substr(0, slash);
                if (standing.contains(prefix)) {
                    nearest = prefix;
                    break;
                }
            }
            if (nearest != parent) continue;
            auto const label = parent.empty() ? change->address : change->address.substr(parent.size() + 1);
            leaves.push_back({base::printable(label), plain(change->type), name_of(*change), below(change->address)});
        }
        return leaves;
    };
    // Roots in the order of creation; several of one kind that have no node above them get a heading.
    std::vector<std::pair<std::size_t, std::string>> roots;
    for (auto const& [root, members] : by_root) {
        std::size_t first = order.size();
        for (auto const* member : members)
            if (auto const at = order.find(member->address); at != order.end()) first = std::min(first, at->second);
        roots.emplace_back(first, root);
    }
    std::ranges::sort(roots);
    auto const all = below({});
    std::vector<Leaf> out;
    for (auto const& [first, root] : roots) {
        std::vector<Leaf> mine;
        for (auto const& leaf : all)
            if (base::split(leaf.label, '/').front() == root) mine.push_back(leaf);
        if (standing.contains(root) || mine.size() < 2) {
            for (auto& leaf : mine) out.push_back(std::move(leaf));
            continue;
        }
        // What all of them are is said once, above; the names get the room.
        bool const alike = std::ranges::all_of(mine, [&](auto const& leaf) { return leaf.what == mine.front().what; });
        auto const kind = alike ? fmt::format("{} x {}", mine.size(), mine.front().what) : std::to_string(mine.size());
        for (auto& leaf : mine) {
            leaf.label.erase(0, root.size() + 1);
            if (alike) leaf.what.clear();
        }
        out.push_back({root, kind, "", std::move(mine)});
    }
    return out;
}

struct Row {
    std::string tree, what, name;
};
void flatten(std::vector<Leaf> const& leaves, std::string const& indent, bool root, Style const& style,
             std::vector<Row>& rows) {
    auto const& mark = glyphs(style);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        bool const last = i + 1 == leaves.size();
        std::string const lead = root ? "" : indent + std::string(last ? mark.last_branch : mark.branch);
        rows.push_back({lead + leaves[i].label, leaves[i].what, leaves[i].name});
        std::string const next = root ? "" : indent + std::string(last ? mark.blank : mark.through);
        flatten(leaves[i].below, next, false, style, rows);
    }
}

void created(std::string& out, plan::Plan const& plan, Style const& style) {
    std::vector<Change const*> changes;
    for (auto const& change : plan.changes)
        if (change.action == Action::create) changes.push_back(&change);
    if (changes.empty()) return;
    out += fmt::format("{} {}  {}\n", plan::symbol(Action::create), painted(style, Tone::good, "CREATE"),
                       counted(changes.size(), "resource"));
    std::vector<Row> rows;
    flatten(tree_of(changes, order_of(plan)), "", true, style, rows);
    int tree = 0, what = 0;
    for (auto const& row : rows) {
        tree = std::max(tree, width(row.tree));
        if (!row.name.empty()) what = std::max(what, width(row.what));
    }
    tree = std::min(tree, style.columns * 2 / 5);
    what = std::min(what, std::min(34, style.columns * 3 / 10));
    for (auto const& row : rows) {
        auto left = fmt::format("    {}  ", padded(clipped(row.tree, tree, style), tree));
        if (!row.what.empty())
            left += padded(row.name.empty() ? row.what : clipped(row.what, what, style), what) + "  ";
        int const room = style.columns - width(left);
        auto const line = room >= 8 ? left + clipped(row.name, room, style) : clipped(left, style.columns, style);
        out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    out += '\n';
}

/// What cannot be taken back, and who said so; the rest is counted. People's own words first: they know them.
void decisions(std::string& out, std::span<Decision const> all, Style const& style) {
    if (all.empty()) return;
    std::vector<Decision const*> finals;
    std::map<std::string, std::size_t> by;
    for (auto const& decision : all) {
        ++by[decision.by];
        if (decision.final) finals.push_back(&decision);
    }
    auto const rank_of = [](Decision const& decision) {
        return decision.by == "you" ? 0 : decision.by == "profile" ? 1 : 2;
    };
    std::ranges::sort(finals, {}, [&](auto const* decision) { return std::pair(rank_of(*decision), decision->key); });
    if (!finals.empty()) {
        constexpr std::size_t most = 12;
        out += fmt::format("  {} {}  changing one of these {} later means building anew\n", glyphs(style).final,
                           painted(style, Tone::strong, "FINAL"), finals.size());
        int key = 0, value = 0;
        for (std::size_t i = 0; i < std::min(most, finals.size()); ++i) {
            key = std::max(key, width(finals[i]->key));
            value = std::max(value, width(finals[i]->value));
        }
        key = std::min(key, style.columns * 2 / 5);
        value = std::min(value, style.columns / 4);
        for (std::size_t i = 0; i < std::min(most, finals.size()); ++i) {
            auto const& decision = *finals[i];
            auto why =
                decision.by == "you" || decision.because.empty() ? decision.by : decision.by + ": " + decision.because;
            auto const left =
                fmt::format("    {}  {}  ", padded(clipped(base::printable(decision.key), key, style), key),
                            padded(clipped(base::printable(decision.value), value, style), value));
            out += left +
                   painted(style, Tone::faint,
                           clipped("by " + base::printable(why), std::max(8, style.columns - width(left)), style)) +
                   '\n';
        }
        if (finals.size() > most)
            out += painted(style, Tone::faint, fmt::format("    and {} more\n", finals.size() - most));
    }
    std::vector<std::string> parts;
    for (auto const& [who, count] : by) parts.push_back(fmt::format("{} by {}", count, base::printable(who)));
    std::ranges::reverse(parts);
    out += fmt::format("  decided: {}\n\n", base::join(parts, ", "));
}

void prominent(std::string& out, plan::Plan const& plan, Style const& style) {
    auto const is_refused = [](plan::Guard const& guard) { return guard.klass == "refused"; };
    if (std::ranges::any_of(plan.guards, is_refused)) {
        out += painted(style, Tone::bad, fmt::format("{} AZURE REFUSES", glyphs(style).fail)) +
               "  no leave helps: change the spec\n";
        for (auto const& guard : plan.guards)
            if (is_refused(guard))
                out += block(fmt::format("    {}  ", base::printable(guard.name)), base::printable(guard.because), style);
        out += '\n';
    }
    if (!std::ranges::all_of(plan.guards, is_refused)) {
        out += painted(style, Tone::bad, fmt::format("{} NEEDS YOUR LEAVE", glyphs(style).fail)) + "\n";
        for (auto const& guard : plan.guards)
            if (!is_refused(guard))
                out += block(fmt::format("    --allow {}:{}  ", guard.klass, base::printable(guard.name)),
                             base::printable(guard.because), style);
        out += '\n';
    }
    if (!plan.unknowns.empty()) {
        out += painted(style, Tone::warn, fmt::format("{} NOT KNOWN", glyphs(style).unknown)) +
               "  could not be read, so nothing is planned for it\n";
        for (auto const& unread : plan.unknowns)
            out += block(fmt::format("    {}  ", base::printable(unread.what)), base::printable(unread.because), style);
        out += '\n';
    }
    if (!plan.unseen.empty()) {
        out += painted(style, Tone::warn, fmt::format("{} NOT SEEN", glyphs(style).unknown)) +
               "  asked for, and nothing that Azure shows\n";
        for (auto const& unread : plan.unseen) {
            out += block("    ", base::printable(unread.what), style);
            out += block("      ", base::printable(unread.because), style);
        }
        out += '\n';
    }
}

}  // namespace

std::string unjudged(std::span<estate::Estate::Unjudged const> laid_over, Style style) {
    if (laid_over.empty()) return {};
    auto out = fmt::format("  {}\n", painted(style, Tone::strong, "YOURS, UNJUDGED")) +
               block("    ", "sent as you wrote it; only its form was checked", style);
    for (auto const& laid : laid_over)
        out += block("    ",
                     fmt::format("{}  {}  ({}:{}:{})", base::printable(laid.address), base::printable(laid.at.text()),
                                 base::printable(laid.where.file), laid.where.line, laid.where.column),
                     style);
    return out;
}

std::string plan(plan::Plan const& plan, Style style, std::span<Decision const> decided) {
    std::string out;
    auto const title = base::printable(plan.name);
    if (plan.empty() && plan.guards.empty()) {
        out += fmt::format("{} {}\n", painted(style, Tone::good, fmt::format("{} {}", glyphs(style).pass, title)),
                           "stands as designed: nothing to do");
        out += '\n';
        prominent(out, plan, style);
        return out;
    }
    std::vector<std::string> parts;
    struct Count {
        Action action;
        std::string_view word;
    };
    for (Count const count :
         {Count{Action::replace, "to replace"}, Count{Action::remove, "to delete"}, Count{Action::update, "to change"},
          Count{Action::create, "to create"}, Count{Action::none, "stay as they are"}})
        if (auto const n = plan.count(count.action); n > 0) parts.push_back(fmt::format("{} {}", n, count.word));
    if (!plan.guards.empty()) parts.push_back(counted(plan.guards.size(), "guard"));
    if (!plan.unknowns.empty()) parts.push_back(fmt::format("{} unknown", plan.unknowns.size()));
    out += fmt::format("{}  {}\n\n", painted(style, Tone::strong, title),
                       base::join(parts, fmt::format(" {} ", glyphs(style).dot)));

    prominent(out, plan, style);
    replaced_and_deleted(out, plan, style);
    updates(out, plan, style);
    created(out, plan, style);

    if (!plan.by_azure.empty()) {
        out += fmt::format("  {}  made by Azure itself, never touched by us\n",
                           painted(style, Tone::strong, "AZURE MAKES"));
        for (auto const& thing : plan.by_azure) {
            auto const because = thing.because.empty() ? "" : fmt::format(" ({})", base::printable(thing.because));
            out += block("    ", base::printable(thing.what) + because, style);
        }
        out += '\n';
    }
    if (!plan.unjudged.empty()) out += unjudged(plan.unjudged, style) + '\n';
    if (plan.count(Action::create) > 0) decisions(out, decided, style);

    if (plan.empty()) return out;
    int seconds = 0;
    for (auto const& [step, remaining] : plan::remaining_seconds(plan)) seconds = std::max(seconds, remaining);
    out += fmt::format("{}, about {} along the longest path\n", counted(plan.steps.size(), "step"),
                       base::spoken(base::Duration(std::int64_t{1000} * seconds)));
    return out;
}

}  // namespace holdfast::report
