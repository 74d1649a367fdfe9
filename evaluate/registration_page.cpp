#include "evaluate/registration_page.h"

#include "evaluate/html.h"

namespace trivox {

std::string registration_html(const RegistrationView& view, int, std::string_view version) {
  return html_page(view.moving_name, version);
}

}  // namespace trivox
