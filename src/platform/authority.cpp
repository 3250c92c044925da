// A small certificate authority of our own, so that clients verify the simulated Azure instead of switching TLS off.
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "platform/platform.hpp"

namespace holdfast::platform {

namespace {

struct Free {
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(X509* p) const { X509_free(p); }
    void operator()(BIO* p) const { BIO_free(p); }
    void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Memory = std::unique_ptr<BIO, Free>;

/// Every name the simulated Azure answers to: itself, the simulated clouds' suffixes, and Azure's real hosts for
/// clients that come through the proxy. A wildcard covers one label.
constexpr std::string_view kNames =
    "DNS:localhost,IP:127.0.0.1,IP:::1,DNS:azsim.test,DNS:*.azsim.test,DNS:*.vault.azsim.test,DNS:*.azurecr.azsim.test,"
    "DNS:management.azure.com,DNS:management.core.windows.net,DNS:login.microsoftonline.com,DNS:login.microsoft.com,"
    "DNS:login.windows.net,DNS:sts.windows.net,DNS:graph.microsoft.com,DNS:graph.windows.net,DNS:*.vault.azure.net,"
    "DNS:*.azurecr.io,DNS:*.blob.core.windows.net,DNS:management.usgovcloudapi.net,DNS:login.microsoftonline.us,"
    "DNS:graph.microsoft.us,DNS:*.vault.usgovcloudapi.net,DNS:management.chinacloudapi.cn,DNS:login.chinacloudapi.cn,"
    "DNS:login.partner.microsoftonline.cn,DNS:microsoftgraph.chinacloudapi.cn,DNS:*.vault.azure.cn";

constexpr long kDay = 24 * 60 * 60;

tl::unexpected<base::Error> refuse() {
    return base::fail(base::ErrorCode::tls, "OpenSSL could not make a certificate");
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    long const size = BIO_get_mem_data(bio, &data);
    return std::string(data, std::size_t(size));
}
std::string pem(X509* certificate) {
    Memory const bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), certificate);
    return text_of(bio.get());
}
base::Secret pem(EVP_PKEY* key) {
    Memory const bio(BIO_new(BIO_s_secmem()));
    PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return base::Secret(text_of(bio.get()));
}
Certificate read_certificate(std::string const& text) {
    Memory const bio(BIO_new_mem_buf(text.data(), int(text.size())));
    return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}
Key read_key(std::string const& text) {
    Memory const bio(BIO_new_mem_buf(text.data(), int(text.size())));
    return Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

bool extend(X509* certificate, X509* issuer, int kind, std::string const& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    std::unique_ptr<X509_EXTENSION, Free> const extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

Certificate certify(EVP_PKEY* subject, std::string const& name, long days, base::Time now, X509* issuer,
                    EVP_PKEY* issuer_key) {
    Certificate certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    auto const serial = base::sha256(name + base::to_string(now) + std::to_string(random_seed())).substr(0, 8);
    std::uint64_t number = 0;
    for (char const c : serial) number = number << 8 | static_cast<unsigned char>(c);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), number >> 1);
    time_t const from = std::chrono::system_clock::to_time_t(now);
    X509_time_adj_ex(X509_getm_notBefore(certificate.get()), -1, 0, const_cast<time_t*>(&from));
    X509_time_adj_ex(X509_getm_notAfter(certificate.get()), int(days), 0, const_cast<time_t*>(&from));
    X509_set_pubkey(certificate.get(), subject);
    X509_NAME* const subject_name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject_name, "CN", MBSTRING_UTF8, reinterpret_cast<unsigned char const*>(name.data()),
                               int(name.size()), -1, 0);
    bool const authority = issuer == nullptr;
    X509* const signer = authority ? certificate.get() : issuer;
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
    bool good = extend(certificate.get(), signer, NID_basic_constraints,
                       authority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") &&
                extend(certificate.get(), signer, NID_key_usage,
                       authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
                extend(certificate.get(), signer, NID_subject_key_identifier, "hash") &&
                extend(certificate.get(), signer, NID_authority_key_identifier, "keyid:always");
    if (!authority)
        good = good && extend(certificate.get(), signer, NID_ext_key_usage, "serverAuth") &&
               extend(certificate.get(), signer, NID_subject_alt_name, std::string(kNames));
    if (!good || X509_sign(certificate.get(), issuer_key, EVP_sha256()) == 0) return nullptr;
    return certificate;
}

/// Whether a kept certificate still has a month left at `now` and belongs to the key.
bool lasts(X509* certificate, EVP_PKEY* key, base::Time now) {
    time_t at = std::chrono::system_clock::to_time_t(now) + 30 * kDay;
    return certificate && key && X509_cmp_time(X509_get0_notAfter(certificate), &at) > 0 &&
           X509_check_private_key(certificate, key) == 1;
}

}  // namespace

Result<Authority> local_authority(world::Files& files, std::string folder, base::Time now) {
    auto const ca_path = folder + "/ca.pem", key_path = folder + "/ca-key.pem";
    Certificate ca;
    Key ca_key;
    if (files.exists(ca_path) && files.exists(key_path)) {
        auto const kept = files.read(ca_path);
        auto const kept_key = files.read(key_path);
        if (!kept) return tl::unexpected(kept.error());
        if (!kept_key) return tl::unexpected(kept_key.error());
        ca = read_certificate(*kept);
        ca_key = read_key(*kept_key);
    }
    if (!lasts(ca.get(), ca_key.get(), now)) {
        ca_key = Key(EVP_EC_gen("P-256"));
        if (!ca_key) return refuse();
        ca = certify(ca_key.get(),
                     "Holdfast simulated Azure " +
                         base::to_string(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now))),
                     3650, now, nullptr, ca_key.get());
        if (!ca) return refuse();
        auto const secret = pem(ca_key.get());
        auto const wrote_key = files.write(key_path, secret.reveal(), world::Privacy::owner_only);
        if (!wrote_key) return tl::unexpected(wrote_key.error());
        auto const wrote = files.write(ca_path, pem(ca.get()));
        if (!wrote) return tl::unexpected(wrote.error());
    }
    Key const leaf_key(EVP_EC_gen("P-256"));  // a fresh server key for every start: nothing to protect on disk
    if (!leaf_key) return refuse();
    Certificate const leaf = certify(leaf_key.get(), "localhost", 364, now, ca.get(), ca_key.get());
    if (!leaf) return refuse();
    return Authority{.ca_pem = pem(ca.get()), .certificate_pem = pem(leaf.get()), .key_pem = pem(leaf_key.get())};
}

}  // namespace holdfast::platform
