"""The page on which anybody who knows a waybill and the end of a phone number sees where the parcel is."""
