// The certificate of voluntary service as a page of A4 (PDF).
#ifndef REDVEST_CLIENTS_CERTIFICATE_PDF_H_
#define REDVEST_CLIENTS_CERTIFICATE_PDF_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/text.h"
#include "ledger/base/calendar.h"

namespace redvest::client {

// The fields that a certificate of service has (Measures for Volunteer Service Records and Certificates,
// Ministry of Civil Affairs, decree 67 of 2020). Text is plain UTF-8.
struct CertificateContent {
  std::string ledger_name;
  std::string volunteer_name;
  std::string volunteer_id;  // "M57-20"
  struct Kind {
    std::string text;
    int64_t services = 0;
    int64_t minutes = 0;
  };
  std::vector<Kind> kinds;  // at least one
  int64_t minutes = 0;      // in all
  std::string issuer;
  std::string person_in_charge;
  std::string handler;
  std::string contact;
  std::string number;      // "T2-95/17"
  std::string check_code;  // random, so that the document's digest tells nothing of what it says
  Day date;
};

// FAILED_PRECONDITION, with the characters, where no font of this machine has them.
absl::StatusOr<std::string> RenderCertificate(Lang lang, const CertificateContent& content);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_CERTIFICATE_PDF_H_
