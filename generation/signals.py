"""What other parts of the portal may have to follow."""

from django.dispatch import Signal

# A person asked to be erased. Sent inside the company's scope before any row goes, with `company_id`,
# `employee_id` and `headshot_ids`; whoever keeps copies of their pictures elsewhere deletes them.
person_erased = Signal()
