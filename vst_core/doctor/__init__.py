"""What is installed here, what is wrong with it and how to mend it.

Every check gives findings and survives whatever it meets: a broken installation is what it is for.
"""

from vst_core.doctor.examine import examine
from vst_core.doctor.finding import Finding

__all__ = ["Finding", "examine"]
