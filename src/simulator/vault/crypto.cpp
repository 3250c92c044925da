#include "simulator/vault/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

#include "simulator/openssl.hpp"

namespace holdfast::simulator::vault {
namespace {

using Context = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;

struct Curve {
    std::string_view name;   // as Key Vault writes it
    char const* group;       // as OpenSSL does
    std::string_view signs;  // its one algorithm
    int coordinate;          // bytes
};
constexpr Curve curves[] = {
    {"P-256", "prime256v1", "ES256", 32},
    {"P-256K", "secp256k1", "ES256K", 32},
    {"P-384", "secp384r1", "ES384", 48},
    {"P-521", "secp521r1", "ES512", 66},
};

struct Padding {
    std::string_view name;
    int padding;
    EVP_MD const* (*hash)();  // of OAEP
};
Padding const paddings[] = {
    {"RSA1_5", RSA_PKCS1_PADDING, nullptr},
    {"RSA-OAEP", RSA_PKCS1_OAEP_PADDING, EVP_sha1},
    {"RSA-OAEP-256", RSA_PKCS1_OAEP_PADDING, EVP_sha256},
};

struct Scheme {
    std::string_view name;
    int padding;  // 0: a curve's
    EVP_MD const* (*hash)();
};
Scheme const schemes[] = {
    {"RS256", RSA_PKCS1_PADDING, EVP_sha256},
    {"RS384", RSA_PKCS1_PADDING, EVP_sha384},
    {"RS512", RSA_PKCS1_PADDING, EVP_sha512},
    {"PS256", RSA_PKCS1_PSS_PADDING, EVP_sha256},
    {"PS384", RSA_PKCS1_PSS_PADDING, EVP_sha384},
    {"PS512", RSA_PKCS1_PSS_PADDING, EVP_sha512},
    {"ES256", 0, EVP_sha256},
    {"ES256K", 0, EVP_sha256},
    {"ES384", 0, EVP_sha384},
    {"ES512", 0, EVP_sha512},
};

Pkey read(Material const& material) {
    auto const* at = bytes_of(material.der);
    return Pkey(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(material.der.size())));
}
bool is_rsa(EVP_PKEY const* key) { return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA; }

std::string number(EVP_PKEY const* key, char const* parameter, int width = 0) {
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key, parameter, &raw) != 1) return {};
    Number const kept(raw);
    std::string bytes(static_cast<std::size_t>(width > 0 ? width : BN_num_bytes(raw)), '\0');
    if (width > 0) {
        BN_bn2binpad(raw, bytes_of(bytes), width);
    } else {
        BN_bn2bin(raw, bytes_of(bytes));
    }
    return base::base64url(bytes);
}

Curve const* curve_of(EVP_PKEY const* key) {
    char name[64] = {};
    std::size_t size = 0;
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, &size) != 1) return nullptr;
    auto const* found = std::find_if(std::begin(curves), std::end(curves),
                                     [&](Curve const& curve) { return std::string_view(name, size) == curve.group; });
    return found == std::end(curves) ? nullptr : found;
}

using Step = int (*)(EVP_PKEY_CTX*, unsigned char*, std::size_t*, unsigned char const*, std::size_t);
Bytes crypt(Material const& material, std::string_view algorithm, std::string_view in, int (*begin)(EVP_PKEY_CTX*),
            Step step) {
    auto const* padding = std::find_if(std::begin(paddings), std::end(paddings),
                                       [&](Padding const& row) { return row.name == algorithm; });
    auto const key = read(material);
    if (padding == std::end(paddings) || !key || !is_rsa(key.get())) return tl::unexpected(Failed::algorithm);
    Context const context(EVP_PKEY_CTX_new(key.get(), nullptr));
    if (begin(context.get()) != 1 || EVP_PKEY_CTX_set_rsa_padding(context.get(), padding->padding) != 1)
        return tl::unexpected(Failed::algorithm);
    if (padding->hash && EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), padding->hash()) != 1)
        return tl::unexpected(Failed::algorithm);
    std::size_t size = 0;
    if (step(context.get(), nullptr, &size, bytes_of(in), in.size()) != 1) return tl::unexpected(Failed::input);
    std::string out(size, '\0');
    if (step(context.get(), bytes_of(out), &size, bytes_of(in), in.size()) != 1) return tl::unexpected(Failed::input);
    out.resize(size);
    return out;
}

Scheme const* scheme_for(std::string_view algorithm, EVP_PKEY const* key) {
    auto const* scheme =
        std::find_if(std::begin(schemes), std::end(schemes), [&](Scheme const& row) { return row.name == algorithm; });
    if (scheme == std::end(schemes) || !key) return nullptr;
    if (is_rsa(key)) return scheme->padding ? scheme : nullptr;
    auto const* curve = curve_of(key);
    return curve && curve->signs == algorithm ? scheme : nullptr;
}

bool prepare(EVP_PKEY_CTX* context, Scheme const& scheme) {
    if (scheme.padding == 0) return true;
    return EVP_PKEY_CTX_set_rsa_padding(context, scheme.padding) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context, scheme.hash()) == 1 &&
           (scheme.padding != RSA_PKCS1_PSS_PADDING ||
            EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

}  // namespace

Material new_material(bool elliptic, int size, std::string_view curve) {
    Pkey key;
    if (elliptic) {
        auto const* found = std::find_if(std::begin(curves), std::end(curves),
                                         [&](Curve const& row) { return base::same_text(row.name, curve); });
        key.reset(EVP_EC_gen(found == std::end(curves) ? curves[0].group : found->group));
    } else {
        key.reset(EVP_RSA_gen(static_cast<unsigned>(size)));
    }
    unsigned char* der = nullptr;
    auto const length = key ? i2d_PrivateKey(key.get(), &der) : 0;
    Material made;
    if (length > 0) made.der.assign(reinterpret_cast<char const*>(der), static_cast<std::size_t>(length));
    OPENSSL_clear_free(der, length > 0 ? static_cast<std::size_t>(length) : 0);
    return made;
}

std::optional<PublicHalf> public_half(Material const& material) {
    auto const key = read(material);
    if (!key) return std::nullopt;
    if (is_rsa(key.get()))
        return PublicHalf{.n = number(key.get(), OSSL_PKEY_PARAM_RSA_N), .e = number(key.get(), OSSL_PKEY_PARAM_RSA_E)};
    auto const* curve = curve_of(key.get());
    if (!curve) return std::nullopt;
    return PublicHalf{.x = number(key.get(), OSSL_PKEY_PARAM_EC_PUB_X, curve->coordinate),
                      .y = number(key.get(), OSSL_PKEY_PARAM_EC_PUB_Y, curve->coordinate)};
}

Bytes encrypt(Material const& material, std::string_view algorithm, std::string_view plain) {
    return crypt(material, algorithm, plain, EVP_PKEY_encrypt_init, EVP_PKEY_encrypt);
}
Bytes decrypt(Material const& material, std::string_view algorithm, std::string_view secret) {
    return crypt(material, algorithm, secret, EVP_PKEY_decrypt_init, EVP_PKEY_decrypt);
}

Bytes sign(Material const& material, std::string_view algorithm, std::string_view digest) {
    auto const key = read(material);
    auto const* scheme = scheme_for(algorithm, key.get());
    if (!scheme) return tl::unexpected(Failed::algorithm);
    if (digest.size() != static_cast<std::size_t>(EVP_MD_get_size(scheme->hash())))
        return tl::unexpected(Failed::input);
    Context const context(EVP_PKEY_CTX_new(key.get(), nullptr));
    std::size_t size = 0;
    if (EVP_PKEY_sign_init(context.get()) != 1 || !prepare(context.get(), *scheme) ||
        EVP_PKEY_sign(context.get(), nullptr, &size, bytes_of(digest), digest.size()) != 1)
        return tl::unexpected(Failed::input);
    std::string out(size, '\0');
    if (EVP_PKEY_sign(context.get(), bytes_of(out), &size, bytes_of(digest), digest.size()) != 1)
        return tl::unexpected(Failed::input);
    out.resize(size);
    if (is_rsa(key.get())) return out;
    // JSON web signatures hold the two numbers one after the other.
    auto const* curve = curve_of(key.get());
    auto const* at = bytes_of(std::as_const(out));
    Signature const pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(out.size())));
    if (!pair || !curve) return tl::unexpected(Failed::input);
    std::string raw(static_cast<std::size_t>(curve->coordinate) * 2, '\0');
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), bytes_of(raw), curve->coordinate);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), bytes_of(raw) + curve->coordinate, curve->coordinate);
    return raw;
}

tl::expected<bool, Failed> verify(Material const& material, std::string_view algorithm, std::string_view digest,
                                  std::string_view signature) {
    auto const key = read(material);
    auto const* scheme = scheme_for(algorithm, key.get());
    if (!scheme) return tl::unexpected(Failed::algorithm);
    if (digest.size() != static_cast<std::size_t>(EVP_MD_get_size(scheme->hash())))
        return tl::unexpected(Failed::input);
    std::string der(signature);
    if (!is_rsa(key.get())) {
        auto const* curve = curve_of(key.get());
        if (!curve || signature.size() != static_cast<std::size_t>(curve->coordinate) * 2) return false;
        Signature const pair(ECDSA_SIG_new());
        ECDSA_SIG_set0(pair.get(), BN_bin2bn(bytes_of(signature), curve->coordinate, nullptr),
                       BN_bin2bn(bytes_of(signature) + curve->coordinate, curve->coordinate, nullptr));
        unsigned char* out = nullptr;
        auto const length = i2d_ECDSA_SIG(pair.get(), &out);
        if (length <= 0) return false;
        der.assign(reinterpret_cast<char const*>(out), static_cast<std::size_t>(length));
        OPENSSL_free(out);
    }
    Context const context(EVP_PKEY_CTX_new(key.get(), nullptr));
    if (EVP_PKEY_verify_init(context.get()) != 1 || !prepare(context.get(), *scheme))
        return tl::unexpected(Failed::input);
    return EVP_PKEY_verify(context.get(), bytes_of(std::as_const(der)), der.size(), bytes_of(digest), digest.size()) ==
           1;
}

}  // namespace holdfast::simulator::vault
