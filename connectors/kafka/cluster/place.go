package cluster

import "strconv"

// place names the brokers that were tried, at the beginning of a message.
func (c *Connection) place() string {
	switch {
	case c == nil || len(c.addresses()) == 0:
		return "the cluster"
	case len(c.addresses()) == 1:
		return "broker " + c.brokers()
	default:
		return "brokers " + c.brokers()
	}
}

// login names who logs in, and how, for a message.
func (c *Connection) login() string {
	switch {
	case c == nil || c.SASL == nil:
		return unknownPrincipal
	case c.SASL.User != "":
		return "user " + c.SASL.User + " (" + c.SASL.Mechanism + ")"
	case c.SASL.ClientID != "":
		return "client " + c.SASL.ClientID + " (" + c.SASL.Mechanism + ")"
	default:
		return c.SASL.Mechanism
	}
}

// principal is the name that a broker's authorizer knows this client by, as far as it is known here: a broker makes those
// of certificates and tokens by rules of its own.
func (c *Connection) principal() string {
	if c != nil && c.SASL != nil && c.SASL.User != "" {
		return "User:" + c.SASL.User
	}
	return unknownPrincipal
}

const unknownPrincipal = "the principal"

func topicPartition(topic string, partition int32) string {
	return topic + "/" + strconv.Itoa(int(partition))
}
