/// budget: how much Azure says it will still take, kept in token buckets so that it seldom has to say no.
///
/// Pure, and one for all requests to a host. Limits differ by subscription and are not known beforehand: the buckets
/// are read from what answers say remains (per subscription, for all its principals together, per tenant, and each
/// resource provider's own policies). Between answers a bucket counts what is on its way and what has flowed back
/// since, so a thousand steps that start together are spread before the first of them is refused. A tenth is left
/// untouched by haste: below it requests leave no faster than the bucket refills. A 429 empties what the request drew
/// on until the moment it names; a 503 that names one keeps its kind of request back until then. Hostile headers cost a
/// bounded amount of memory and never more than a bounded wait.
#pragma once

#include <map>

#include "world/world.hpp"

namespace holdfast::azure {

class Budget {
public:
    Budget() = default;
    Budget(Budget&&) = default;  // not copied: tickets point into it
    struct Bucket;
    /// What one request drew on; given back with its answer.
    struct Ticket {
        std::string request;  ///< "GET microsoft.network/locations/operations in <subscription>"
        std::vector<Bucket*> buckets;  ///< the budget's own, which stay as long as it does
        base::Duration hold{0};  ///< how long to wait before sending
    };
    /// `now`, here and below: of a steady clock.
    Ticket take(std::string_view method, std::string_view url, base::Time now);
    /// The answer to a ticket: its status, and what its headers say remains.
    void answered(Ticket const&, world::Response const&, base::Time now);
    /// No answer came: nothing was learnt, and the request is no longer on its way.
    void lost(Ticket const&);

    struct Bucket {
        double left = 0, most = 0, per_second = 1;
        std::string_view header{};  ///< that speaks of it, where it is one of Resource Manager's own
        base::Time at{};     ///< when `left` was true
        base::Time shut{};   ///< refused until then
        int under_way = 0;   ///< taken and not answered: the server has not counted them yet
        bool known = false;  ///< an answer has spoken of it
        std::optional<base::Time> slowed{};  ///< one that no header speaks of: when it was last found too fast, or too slow
        void flow(base::Time now);
        void remains(double left, double most, double per_second, base::Time now);
    };

private:
    /// Null where there are too many already.
    Bucket* bucket_for(std::string const& key, double most, double per_second, base::Time now);
    std::vector<Bucket*> drawn_on(std::string const& request, base::Time now);
    Bucket* remains(std::string const& key, double left, double most, double per_second, base::Time now);
    void refused(Ticket const&, base::Duration asked, base::Time now);

    std::map<std::string, Bucket> buckets_;
    /// Request -> what it draws on: the limits of Resource Manager itself, then what answers spoke of.
    std::map<std::string, std::vector<Bucket*>> requests_;
    std::map<std::string, base::Time> unavailable_;  ///< request -> until when the service asked to be left alone
};

}  // namespace holdfast::azure
