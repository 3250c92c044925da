/// crypto: what a vault does with a key, for real: OpenSSL, RSA and the NIST curves.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/base.hpp"

namespace holdfast::simulator::vault {

/// The secret half of one key version, as PKCS #8 in DER. Shown to nobody.
struct Material {
    std::string der;
};
/// "RSA" with a size in bits (2048, 3072, 4096), "EC" with a curve ("P-256", "P-256K", "P-384", "P-521").
Material new_material(bool elliptic, int size, std::string_view curve);

/// The public half as JSON web keys have it, base64url.
struct PublicHalf {
    std::string n, e;  ///< RSA
    std::string x, y;  ///< curves
};
std::optional<PublicHalf> public_half(Material const&);

/// Why an operation gave nothing.
enum class Failed { algorithm, input };
using Bytes = tl::expected<std::string, Failed>;

/// RSA1_5, RSA-OAEP, RSA-OAEP-256; wrapping is the same as encrypting.
Bytes encrypt(Material const&, std::string_view algorithm, std::string_view plain);
Bytes decrypt(Material const&, std::string_view algorithm, std::string_view secret);
/// RS256 … PS512 with RSA, ES256 … ES512 and ES256K with curves; `digest` is the hash itself.
Bytes sign(Material const&, std::string_view algorithm, std::string_view digest);
tl::expected<bool, Failed> verify(Material const&, std::string_view algorithm, std::string_view digest,
                                  std::string_view signature);

}  // namespace holdfast::simulator::vault
