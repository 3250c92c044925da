#include "credentials/certificate.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

namespace holdfast::credentials {

using base::ErrorCode;

namespace {

constexpr std::size_t largest_file = 256u << 10;
constexpr std::size_t most_certificates = 32;
constexpr std::uint64_t most_rounds = 1'000'000;  // of key derivation; what is written today takes 2,048 to 600,000

template <auto Free>
struct Freed {
    template <typename T>
    void operator()(T* pointer) const {
        Free(pointer);
    }
};
void free_certificates(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
void free_content(STACK_OF(PKCS7) * stack) { sk_PKCS7_pop_free(stack, PKCS7_free); }
void free_bags(STACK_OF(PKCS12_SAFEBAG) * stack) { sk_PKCS12_SAFEBAG_pop_free(stack, PKCS12_SAFEBAG_free); }

using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Certificates = std::unique_ptr<STACK_OF(X509), Freed<free_certificates>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Pfx = std::unique_ptr<PKCS12, Freed<PKCS12_free>>;

Bio reading(base::Secret const& content) {
    return Bio(BIO_new_mem_buf(content.reveal().data(), static_cast<int>(content.reveal().size())));
}

tl::unexpected<base::Error> unusable(std::string what, std::string fix) {
    ERR_clear_error();
    return base::fail(ErrorCode::sign_in, std::move(what), std::move(fix));
}

/// Hands OpenSSL the password it asks for, and never lets it ask on the terminal.
int give_password(char* into, int size, int, void* from) {
    auto const& password = static_cast<base::Secret const*>(from)->reveal();
    if (size < 0 || password.size() > static_cast<std::size_t>(size)) return 0;
    std::copy(password.begin(), password.end(), into);
    return static_cast<int>(password.size());
}

std::string der_of(X509* certificate) {
    unsigned char* der = nullptr;
    int const length = i2d_X509(certificate, &der);
    if (length <= 0) return {};
    std::string bytes(reinterpret_cast<char const*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return bytes;
}

std::optional<base::Time> time_of(ASN1_TIME const* time) {
    std::tm broken_down{};
    if (ASN1_TIME_to_tm(time, &broken_down) != 1) return std::nullopt;
    return base::Time(std::chrono::seconds(timegm(&broken_down)));
}

/// What a file held, in whatever order.
struct Content {
    PrivateKey key;
    std::vector<X509Certificate> certificates;
};

Result<Content> read_pem(base::Secret const& file, base::Secret const& password) {
    auto* const asked = const_cast<void*>(static_cast<void const*>(&password));
    Content content;
    content.key.reset(PEM_read_bio_PrivateKey(reading(file).get(), nullptr, give_password, asked));
    if (!content.key) {
        bool const locked = file.reveal().find("ENCRYPTED") != std::string::npos;
        if (locked)
            return unusable("the certificate file's private key is encrypted and does not open",
                            "set AZURE_CLIENT_CERTIFICATE_PASSWORD");
        return unusable("the certificate file holds no readable private key",
                        "give a PEM file with the key and the certificate, or a PFX file");
    }
    auto const input = reading(file);
    while (content.certificates.size() < most_certificates) {
        X509Certificate one{PEM_read_bio_X509(input.get(), nullptr, give_password, asked)};
        if (!one) break;
        content.certificates.push_back(std::move(one));
    }
    ERR_clear_error();
    return content;
}

// ---------------------------------------------------------------------------------------------- PKCS#12

std::uint64_t number_of(ASN1_INTEGER const* number) {
    std::uint64_t value = 0;
    if (number == nullptr) return 1;
    if (ASN1_INTEGER_get_uint64(&value, number) != 1) {
        ERR_clear_error();
        return UINT64_MAX;
    }
    return value;
}

/// How often an encryption's key derivation goes round: PBES1 and PKCS#12's own, or PBES2 with PBKDF2.
std::uint64_t rounds_of(X509_ALGOR const* algorithm) {
    ASN1_OBJECT const* kind = nullptr;
    int type = 0;
    void const* parameter = nullptr;
    X509_ALGOR_get0(&kind, &type, &parameter, algorithm);
    if (type != V_ASN1_SEQUENCE || parameter == nullptr) return 0;
    auto const* const sequence = static_cast<ASN1_STRING const*>(parameter);
    auto const unpacked = [sequence](auto const* item) { return ASN1_item_unpack(sequence, item); };
    if (OBJ_obj2nid(kind) != NID_pbes2) {
        std::unique_ptr<PBEPARAM, Freed<PBEPARAM_free>> const simple(
            static_cast<PBEPARAM*>(unpacked(ASN1_ITEM_rptr(PBEPARAM))));
        return simple ? number_of(simple->iter) : 0;
    }
    std::unique_ptr<PBE2PARAM, Freed<PBE2PARAM_free>> const two(
        static_cast<PBE2PARAM*>(unpacked(ASN1_ITEM_rptr(PBE2PARAM))));
    if (!two || two->keyfunc == nullptr || two->keyfunc->parameter == nullptr ||
        two->keyfunc->parameter->type != V_ASN1_SEQUENCE)
        return 0;
    if (OBJ_obj2nid(two->keyfunc->algorithm) != NID_id_pbkdf2) return UINT64_MAX;  // scrypt in a PFX: nobody writes it
    std::unique_ptr<PBKDF2PARAM, Freed<PBKDF2PARAM_free>> const derivation(static_cast<PBKDF2PARAM*>(
        ASN1_item_unpack(two->keyfunc->parameter->value.sequence, ASN1_ITEM_rptr(PBKDF2PARAM))));
    return derivation ? number_of(derivation->iter) : 0;
}

/// The most rounds that opening this file takes: a small file may ask for hours.
std::uint64_t most_rounds_in(PKCS12* pfx) {
    ASN1_INTEGER const* mac_rounds = nullptr;
    PKCS12_get0_mac(nullptr, nullptr, nullptr, &mac_rounds, pfx);
    std::uint64_t most = PKCS12_mac_present(pfx) == 1 ? number_of(mac_rounds) : 0;
    std::unique_ptr<STACK_OF(PKCS7), Freed<free_content>> const safes(PKCS12_unpack_authsafes(pfx));
    for (int i = 0; safes && i < sk_PKCS7_num(safes.get()); ++i) {
        auto* const safe = sk_PKCS7_value(safes.get(), i);
        if (PKCS7_type_is_encrypted(safe)) {
            auto const* const encrypted = safe->d.encrypted;
            if (encrypted != nullptr && encrypted->enc_data != nullptr && encrypted->enc_data->algorithm != nullptr)
                most = std::max(most, rounds_of(encrypted->enc_data->algorithm));
        } else if (PKCS7_type_is_data(safe)) {
            std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), Freed<free_bags>> const bags(PKCS12_unpack_p7data(safe));
            for (int b = 0; bags && b < sk_PKCS12_SAFEBAG_num(bags.get()); ++b) {
                auto const* const bag = sk_PKCS12_SAFEBAG_value(bags.get(), b);
                if (PKCS12_SAFEBAG_get_nid(bag) != NID_pkcs8ShroudedKeyBag) continue;
                X509_ALGOR const* algorithm = nullptr;
                X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, nullptr);
                if (algorithm != nullptr) most = std::max(most, rounds_of(algorithm));
            }
        }
    }
    ERR_clear_error();
    return most;
}

/// OpenSSL's algorithms with the old ones (RC2, DES) beside them: they protect files made by Windows and OpenSSL 1.
OSSL_LIB_CTX* with_old_ciphers() {
    static OSSL_LIB_CTX* const context = [] {
        auto* const made = OSSL_LIB_CTX_new();
        if (made != nullptr) {
            OSSL_PROVIDER_load(made, "default");
            OSSL_PROVIDER_load(made, "legacy");
        }
        return made;
    }();
    return context;
}

Result<Content> read_pfx(base::Secret const& file, base::Secret const& password) {
    auto* in_old_context = PKCS12_init_ex(NID_pkcs7_data, with_old_ciphers(), nullptr);
    auto const* bytes = reinterpret_cast<unsigned char const*>(file.reveal().data());
    if (in_old_context == nullptr ||
        d2i_PKCS12(&in_old_context, &bytes, static_cast<long>(file.reveal().size())) == nullptr) {
        return unusable("the certificate file is neither PEM nor PKCS#12",
                        "give a PEM file with the key and the certificate, or a PFX file");
    }
    Pfx const pfx(in_old_context);
    if (most_rounds_in(pfx.get()) > most_rounds)
        return unusable("the PFX file asks for more than a million rounds of key derivation",
                        "export it again with fewer");
    EVP_PKEY* key = nullptr;
    X509* leaf = nullptr;
    STACK_OF(X509)* others = nullptr;
    if (PKCS12_parse(pfx.get(), password.reveal().c_str(), &key, &leaf, &others) != 1) {
        bool const locked = ERR_GET_REASON(ERR_peek_last_error()) == PKCS12_R_MAC_VERIFY_FAILURE;
        if (locked)
            return unusable(password.empty() ? "the PFX file wants a password" : "the PFX file's password is wrong",
                            "set AZURE_CLIENT_CERTIFICATE_PASSWORD");
        return unusable("the PFX file cannot be opened", "export it again, with AES and a password");
    }
    Content content;
    content.key.reset(key);
    if (leaf != nullptr) content.certificates.emplace_back(leaf);
    Certificates const rest(others);
    for (int i = 0; rest && i < sk_X509_num(rest.get()) && content.certificates.size() < most_certificates; ++i) {
        auto* const one = sk_X509_value(rest.get(), i);
        X509_up_ref(one);
        content.certificates.emplace_back(one);
    }
    if (!content.key) return unusable("the PFX file holds no private key", "export it again, with its key");
    return content;
}

/// The leaf, then each one's issuer as far as the file has it.
std::vector<std::string> chain_from(std::vector<X509Certificate>& certificates, std::size_t leaf) {
    std::vector<std::string> chain{der_of(certificates[leaf].get())};
    std::vector<bool> used(certificates.size());
    used[leaf] = true;
    for (auto current = leaf;;) {
        auto next = certificates.size();
        for (std::size_t i = 0; i < certificates.size() && next == certificates.size(); ++i)
            if (!used[i] && X509_check_issued(certificates[i].get(), certificates[current].get()) == X509_V_OK)
                next = i;
        if (next == certificates.size()) return chain;
        used[next] = true;
        chain.push_back(der_of(certificates[next].get()));
        current = next;
    }
}

}  // namespace

struct Certificate::Key {
    PrivateKey pointer;
};

Result<Certificate> Certificate::read(base::Secret const& content, base::Secret const& password) {
    if (content.reveal().size() > largest_file)
        return unusable("the certificate file is larger than 256 KB",
                        "give the key, its certificate and its issuers only");
    bool const pem = content.reveal().find("-----BEGIN ") != std::string::npos;
    auto held = pem ? read_pem(content, password) : read_pfx(content, password);
    if (!held) return base::fail(held.error());
    if (EVP_PKEY_get_base_id(held->key.get()) != EVP_PKEY_RSA || EVP_PKEY_get_bits(held->key.get()) > 16'384)
        return unusable("the certificate's key is not an RSA key", "Entra wants RSA for client certificates");

    auto& certificates = held->certificates;
    auto const leaf = std::find_if(certificates.begin(), certificates.end(), [&](X509Certificate const& one) {
        return X509_check_private_key(one.get(), held->key.get()) == 1;
    });
    ERR_clear_error();
    if (leaf == certificates.end())
        return unusable("no certificate in the file belongs to its key", "put key and certificate in one file");

    Certificate certificate;
    auto const from = time_of(X509_get0_notBefore(leaf->get())), until = time_of(X509_get0_notAfter(leaf->get()));
    if (!from || !until) return unusable("the certificate does not say when it is valid", {});
    certificate.from_ = *from;
    certificate.until_ = *until;
    certificate.chain_ = chain_from(certificates, static_cast<std::size_t>(leaf - certificates.begin()));
    if (certificate.der().empty()) return unusable("the certificate cannot be encoded", {});
    auto key = std::make_shared<Key>();
    key->pointer = std::move(held->key);
    certificate.key_ = std::move(key);
    // Signing once shows at the start what would fail at the first request: a key too short, a key that is none.
    if (auto const trial = certificate.sign("trial", true); !trial) return base::fail(trial.error());
    return certificate;
}

Result<std::string> Certificate::sign(std::string_view text, bool pss) const {
    Digest const digest(EVP_MD_CTX_new());
    EVP_PKEY_CTX* options = nullptr;
    auto const* data = reinterpret_cast<unsigned char const*>(text.data());
    std::size_t size = 0;
    bool ready = digest && EVP_DigestSignInit(digest.get(), &options, EVP_sha256(), nullptr, key_->pointer.get()) == 1;
    if (ready && pss)  // RFC 7518: the salt is as long as the hash
        ready = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
    if (!ready || EVP_DigestSign(digest.get(), nullptr, &size, data, text.size()) != 1)
        return unusable("the certificate's key cannot sign", "is it an RSA key of 2048 bits or more?");
    std::string signature(size, '\0');
    if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data, text.size()) != 1)
        return unusable("the certificate's key cannot sign", "is it an RSA key of 2048 bits or more?");
    signature.resize(size);
    return signature;
}

Result<std::string> client_assertion(Certificate const& certificate, AssertionStyle style, std::string const& client_id,
                                     std::string const& token_url, base::Time now, std::string const& id) {
    if (now >= certificate.valid_until())
        return unusable("the certificate expired at " + base::to_string(certificate.valid_until()),
                        "renew it, and add the new one to the application");
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    json::Object header{{"typ", "JWT"}};
    if (style.rs256) {
        header["alg"] = "RS256";
        header["x5t"] = base::base64url(base::sha1(certificate.der()));
    } else {
        header["alg"] = "PS256";
        header["x5t#S256"] = base::base64url(base::sha256(certificate.der()));
    }
    if (style.send_chain) {
        json::Array chain;
        for (auto const& der : certificate.chain()) chain.emplace_back(base::base64(der));
        header["x5c"] = std::move(chain);
    }
    json::Object const claims{{"aud", token_url}, {"iss", client_id}, {"sub", client_id},    {"jti", id},
                              {"iat", seconds},   {"nbf", seconds},   {"exp", seconds + 600}};
    auto const text = base::base64url(json::write(header)) + "." + base::base64url(json::write(claims));
    auto const signature = certificate.sign(text, !style.rs256);
    if (!signature) return base::fail(signature.error());
    return text + "." + base::base64url(*signature);
}

}  // namespace holdfast::credentials
