#include "model/tls_policy.h"

#include <algorithm>
#include <iterator>

namespace model {

const TlsPolicy* find_tls_policy(std::string_view name) {
  static constexpr TlsPolicy kPolicies[] = {
      {"ELBSecurityPolicy-2016-08", "TLSv1.0", "TLSv1.2"},
      {"ELBSecurityPolicy-TLS-1-0-2015-04", "TLSv1.0", "TLSv1.2"},
      {"ELBSecurityPolicy-TLS-1-1-2017-01", "TLSv1.1", "TLSv1.2"},
      {"ELBSecurityPolicy-TLS-1-2-2017-01", "TLSv1.2", "TLSv1.2"},
      {"ELBSecurityPolicy-TLS-1-2-Ext-2018-06", "TLSv1.2", "TLSv1.2"},
      {"ELBSecurityPolicy-FS-2018-06", "TLSv1.0", "TLSv1.2"},
      {"ELBSecurityPolicy-FS-1-1-2019-08", "TLSv1.1", "TLSv1.2"},
      {"ELBSecurityPolicy-FS-1-2-2019-08", "TLSv1.2", "TLSv1.2"},
      {"ELBSecurityPolicy-FS-1-2-Res-2019-08", "TLSv1.2", "TLSv1.2"},
      {"ELBSecurityPolicy-FS-1-2-Res-2020-10", "TLSv1.2", "TLSv1.2"},
      {"ELBSecurityPolicy-TLS13-1-0-2021-06", "TLSv1.0", "TLSv1.3"},
      {"ELBSecurityPolicy-TLS13-1-1-2021-06", "TLSv1.1", "TLSv1.3"},
      {"ELBSecurityPolicy-TLS13-1-2-2021-06", "TLSv1.2", "TLSv1.3"},
      {"ELBSecurityPolicy-TLS13-1-2-Res-2021-06", "TLSv1.2", "TLSv1.3"},
      {"ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", "TLSv1.2", "TLSv1.3"},
      {"ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", "TLSv1.2", "TLSv1.3"},
      {"ELBSecurityPolicy-TLS13-1-3-2021-06", "TLSv1.3", "TLSv1.3"},
  };
  const auto* found = std::ranges::find(kPolicies, name, &TlsPolicy::name);
  return found == std::end(kPolicies) ? nullptr : found;
}

}  // namespace model
