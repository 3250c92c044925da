/// claims: what a genuine token says, read once.
#pragma once

#include <deque>

#include "base/base.hpp"

namespace holdfast::simulator::entra {

struct Claims {
    base::Time not_before, expires;
    std::string audience, tenant, object_id, client_id;
};

/// Tokens whose signature was found right lately: a client shows the same one with every call. What a token says and
/// whether its signature is right never change, so none is forgotten but for room.
class Genuine {
public:
    Claims const* find(std::string_view token) const {
        for (auto const& [text, claims] : known_)
            if (text == token) return &claims;
        return nullptr;
    }
    Claims const& keep(std::string_view token, Claims claims) {
        if (known_.size() == most) known_.pop_front();
        return known_.emplace_back(token, std::move(claims)).second;
    }

private:
    static constexpr std::size_t most = 16;
    std::deque<std::pair<std::string, Claims>> known_;
};

}  // namespace holdfast::simulator::entra
