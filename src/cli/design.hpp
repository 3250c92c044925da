// From a spec on disk to a design, and from a design to what is known about it. Shared by the verbs.
#pragma once

#include "checks/checks.hpp"
#include "estate/estate.hpp"
#include "readers/readers.hpp"
#include "report/report.hpp"
#include "session.hpp"

namespace holdfast::cli {

/// Everything about one spec that needs no Azure.
struct Design {
    spec::Spec spec;
    std::map<std::string, std::string> sources;   ///< file name -> text, for carets
};

/// A failure to show and the status to end with.
struct Failure {
    std::vector<base::Error> errors;
    std::map<std::string, std::string> sources;
};

report::Style style(world::Terminal const&, Arguments const&);
int show(Failure const&, world::Terminal&, Arguments const&);

tl::expected<Design, Failure> read_spec(Arguments const&, world::Files&);
tl::expected<estate::Estate, Failure> design(Design const&, credentials::Cloud const&, std::string subscription, std::string tenant);
base::Date as_of(Arguments const&, base::Time now);

/// Live, and what is registered: all that planning needs to know of Azure.
struct Standing {
    resource::Graph live;
    plan::Providers registrations;
};
tl::expected<Standing, Failure> read_standing(estate::Estate const&, Session&, azure::Client&);

/// Who decided each value of the spec, and why.
std::vector<report::Decision> decisions(spec::Spec const&);

/// Everything the page shows, judged on `graph`.
report::Page page_of(Design const&, estate::Estate const&, resource::Graph const& graph, plan::Plan const&,
                     checks::Findings const&, std::optional<engine::Run>, Session&, base::Date);

/// Sends each document to where the user asked for it; human text to standard output unless told otherwise.
struct Document {
    std::string human;
    std::optional<json::Value> json;
    std::string html;
};
base::Result<void> deliver(Document const&, Arguments const&, world::Terminal&, world::Files&);

}  // namespace holdfast::cli
